"""What does a PDF hold beside its pages: files, and what somebody filled into its form?"""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from rag.adapters.parsers.cleaning import one_line

MAX_NAMES: Final = 20
MAX_FIELDS: Final = 2_000
_NAME_CHARACTERS: Final = 120
_VALUE_CHARACTERS: Final = 2_000
_VALUE_UNITS: Final = 2 * 65_536
_FILLED_IN: Final = frozenset(
    {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
)
_TICKED: Final = frozenset({raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON})


def note_on_attachments(document: pdfium.PdfDocument) -> str | None:
    """This will name the files attached to a PDF, or of which a portfolio consists; they are not read."""
    count = document.count_attachments()
    if count <= 0:
        return None
    names = [_name_of(document.get_attachment(index)) for index in range(min(count, MAX_NAMES))]
    more = f" and {count - MAX_NAMES} more" if count > MAX_NAMES else ""
    files = "The attached file was" if count == 1 else f"{count} attached files were"
    return f"{files} not read: {', '.join(names)}{more}."


def _name_of(attachment: pdfium.PdfAttachment) -> str:
    try:
        name = one_line(attachment.get_name())[:_NAME_CHARACTERS]
    except (pdfium.PdfiumError, UnicodeDecodeError):
        name = ""
    return name or "one without a name"


class FormValues:
    """Reads what was filled into the fields of a form; none of its scripts runs."""

    def __init__(self, document: pdfium.PdfDocument) -> None:
        self._left = MAX_FIELDS
        self.has_form = document.get_formtype() != raw.FORMTYPE_NONE
        if self.has_form:
            document.init_forms()
        self._form = document.formenv

    def on_page(self, page: pdfium.PdfPage, lines: Sequence[str]) -> list[str]:
        """This will give a line `name: value` for every filled field whose value the page itself lacks."""
        if self._form is None:
            return []
        printed = "\n".join(lines)
        said = list(dict.fromkeys(self._filled(page)))
        return [f"{name}: {value}" if name else value for name, value in said if value not in printed]

    def _filled(self, page: pdfium.PdfPage) -> Iterator[tuple[str, str]]:
        for index in range(raw.FPDFPage_GetAnnotCount(page)):
            if self._left <= 0:
                return
            annotation = raw.FPDFPage_GetAnnot(page, index)
            if not annotation:
                continue
            try:
                self._left -= 1
                field = self._field(annotation)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
            if field is not None:
                yield field

    def _field(self, annotation: raw.FPDF_ANNOTATION) -> tuple[str, str] | None:
        form = self._form
        kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
        if kind in _FILLED_IN:
            value = _said(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
        elif kind in _TICKED and raw.FPDFAnnot_IsChecked(form, annotation):
            exported = _said(raw.FPDFAnnot_GetFormFieldExportValue, form, annotation)
            value = "yes" if exported.lower() in {"", "on"} else exported
        else:
            return None
        name = _said(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation) or _said(
            raw.FPDFAnnot_GetFormFieldName, form, annotation
        )
        return (name[:_NAME_CHARACTERS], value[:_VALUE_CHARACTERS]) if value else None


def _said(ask: object, form: pdfium.PdfFormEnv, annotation: raw.FPDF_ANNOTATION) -> str:
    """Fetch a string: PDFium says how many bytes it has, and then writes them as UTF-16."""
    if not callable(ask):
        return ""
    length = min(int(ask(form, annotation, None, 0)), _VALUE_UNITS)
    if length <= 2:  # noqa: PLR2004  # nothing but the two bytes that end it
        return ""
    buffer = ctypes.create_string_buffer(length)
    ask(form, annotation, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return one_line(buffer.raw[: length - 2].decode("utf-16-le", errors="ignore"))
