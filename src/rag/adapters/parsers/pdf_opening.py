"""Can a PDF be opened, and what does it say of itself?"""

import ctypes
import re
from datetime import datetime
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from rag.adapters.parsers.described import primary_tag
from rag.adapters.parsers.pdf_bombs import refuse_bombs
from rag.ports.parsing import (
    EmptyDocumentError,
    EncryptedFileError,
    FileTooLargeError,
    UnreadableFileError,
)

_DATE: Final = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?|Z)?")
_LANGUAGE_UNITS: Final = 64


def open_pdf(content: bytes, *, max_pages: int) -> pdfium.PdfDocument:
    """This will open a PDF that nobody needs a password for.

    Raises:
        EncryptedFileError: a password, or a key of another kind, is needed to open it.
        FileTooLargeError: it has more than `max_pages` pages, or unpacks to more than we read.
        EmptyDocumentError: it has no pages.
        UnreadableFileError: it is not a sound PDF.
    """
    refuse_bombs(content)
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        # PDFium's last error may be that of the file before; a file that wants a password names a cipher.
        if error.err_code == raw.FPDF_ERR_PASSWORD and b"/Encrypt" in content:
            raise EncryptedFileError("The PDF wants a password.") from error
        if error.err_code == raw.FPDF_ERR_SECURITY and b"/Encrypt" in content:
            raise EncryptedFileError("The PDF is protected in a way that we cannot open.") from error
        raise UnreadableFileError(
            "The PDF is damaged: the table that says where its parts are, or its list of pages, is broken."
        ) from error
    count = len(document)
    if 0 < count <= max_pages:
        return document
    document.close()
    if count == 0:
        raise EmptyDocumentError("The PDF has no pages.")
    raise FileTooLargeError(f"The PDF has {count} pages, the limit is {max_pages}.")


def language_of_pdf(document: pdfium.PdfDocument) -> str | None:
    """This will give the language that the document says it is written in, as a primary tag like `en`."""
    buffer = ctypes.create_string_buffer(2 * _LANGUAGE_UNITS)
    units = ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR))
    length = raw.FPDFCatalog_GetLanguage(document, units, 2 * _LANGUAGE_UNITS)
    if not 2 < length <= 2 * _LANGUAGE_UNITS:  # noqa: PLR2004  # two bytes are the end of the string
        return None
    return primary_tag(buffer.raw[: length - 2].decode("utf-16-le", errors="ignore"))


def date_of_pdf(written: str) -> datetime | None:
    """This will read a date as ISO 32000 (7.9.4) writes it.

    >>> date_of_pdf("D:20230804060209-04'00'").isoformat()
    '2023-08-04T06:02:09-04:00'
    """
    match = _DATE.match(written.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, sign, zone_hour, zone_minute = match.groups()
    zone = f"{sign}{zone_hour}:{zone_minute or '00'}" if sign else "+00:00"
    try:
        return datetime.fromisoformat(
            f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
        )
    except ValueError:
        return None
