"""What does a PDF say, and on which page?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import pypdfium2 as pdfium

from rag.adapters.parsers.cleaning import has_words
from rag.adapters.parsers.composing import metadata_of
from rag.adapters.parsers.pdf_attachments import FormValues, note_on_attachments
from rag.adapters.parsers.pdf_images import is_picture, named_pages
from rag.adapters.parsers.pdf_lines import without_running_lines
from rag.adapters.parsers.pdf_opening import date_of_pdf, language_of_pdf, open_pdf
from rag.adapters.parsers.pdf_outline import headings_of
from rag.adapters.parsers.pdf_pages import text_of_pages
from rag.adapters.parsers.pdf_text import lines_of_page
from rag.adapters.parsers.pdf_title import title_on_page
from rag.adapters.parsers.titles import sane_title
from rag.adapters.parsers.unread_pages import ONE_UNREAD, SEVERAL_UNREAD
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import (
    EmptyDocumentError,
    FileTooLargeError,
    ScanWithoutTextError,
    UnreadableFileError,
)

MEDIA_TYPE: Final = "application/pdf"
MAX_PAGES: Final = 5_000
MAX_CHARACTERS: Final = 50_000_000

Recognition: TypeAlias = Callable[[pdfium.PdfPage], list[str]]


@dataclass(slots=True)
class _Found:
    """What came out of the pages, by their index: their lines, and which of them gave none."""

    lines: list[list[str]] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    recognised: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)


def read(content: bytes) -> ParsedDocument:
    """This will read the text of every page. PDFium is not thread-safe: one call at a time in a process.

    Raises:
        EncryptedFileError: a password is needed to open it.
        FileTooLargeError: it has more than MAX_PAGES pages, or MAX_CHARACTERS characters.
        ScanWithoutTextError: no page holds text, and some hold images.
        EmptyDocumentError: no page holds text, nor an image.
        UnreadableFileError: it is not a sound PDF.
    """
    return read_pages(content)


def read_pages(
    content: bytes, recognise: Recognition | None = None, *, recogniser: str = ""
) -> ParsedDocument:
    """This will do what `read` says; pages without words get theirs from `recognise`, if it is given.

    `recogniser` is what a person calls it.
    """
    document = open_pdf(content, max_pages=MAX_PAGES)
    try:
        found = _read_all(document, recognise)
        _require_words(found, recogniser)
        return _parsed(document, found, recogniser)
    except pdfium.PdfiumError as error:
        raise UnreadableFileError("The PDF is damaged: a part of it cannot be read.") from error
    finally:
        document.close()


def _read_all(document: pdfium.PdfDocument, recognise: Recognition | None) -> _Found:
    found = _Found()
    values = FormValues(document)
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            found.damaged.append(index)
            found.lines.append([])
            continue
        try:
            lines = _lines_of(page, values)
            if is_picture(page, lines):
                lines = _recognised(page, lines, index, found, recognise=recognise)
        finally:
            page.close()
        found.lines.append(lines)
        characters += sum(map(len, lines))
        if characters > MAX_CHARACTERS:
            raise FileTooLargeError(f"The PDF holds more than {MAX_CHARACTERS} characters of text.")
    return found


def _lines_of(page: pdfium.PdfPage, values: FormValues) -> list[str]:
    lines = lines_of_page(page)
    for value in values.on_page(page, lines):
        lines.extend(("", value))
    return lines


def _recognised(
    page: pdfium.PdfPage, lines: list[str], index: int, found: _Found, *, recognise: Recognition | None
) -> list[str]:
    """Take what recognition finds, if that is more than a stamp over the picture says."""
    seen = recognise(page) if recognise is not None else []
    if sum(map(len, seen)) > sum(map(len, lines)) and any(map(has_words, seen)):
        found.recognised.append(index)
        return seen
    found.pictures.append(index)
    return lines


def _require_words(found: _Found, recogniser: str) -> None:
    if any(has_words(line) for lines in found.lines for line in lines):
        return
    pages = len(found.lines)
    if found.damaged:
        raise UnreadableFileError("The PDF is damaged: none of its pages can be read.")
    if found.pictures:
        count = (
            "its only page is an image"
            if pages == 1
            else f"{len(found.pictures)} of {pages} pages are images"
        )
        tried = f", in which text recognition ({recogniser}) found no words" if recogniser else ""
        raise ScanWithoutTextError(f"The PDF holds no text: {count}{tried}.")
    raise EmptyDocumentError(f"The PDF holds neither text nor images on any of its {pages} pages.")


def _parsed(document: pdfium.PdfDocument, found: _Found, recogniser: str) -> ParsedDocument:
    said: Mapping[str, str] = document.get_metadata_dict()
    paged = text_of_pages(without_running_lines(found.lines))
    return ParsedDocument(
        text=paged.text,
        media_type=MEDIA_TYPE,
        title=sane_title(said.get("Title", "")) or _title_on_first_page(document),
        pages=paged.pages,
        headings=headings_of(document, paged.text, paged.pages),
        unbroken=paged.tables,
        language=language_of_pdf(document),
        dated=date_of_pdf(said.get("ModDate", "")) or date_of_pdf(said.get("CreationDate", "")),
        metadata=metadata_of(
            author=said.get("Author"), subject=said.get("Subject"), keywords=said.get("Keywords")
        ),
        notes=_notes(document, found, recogniser),
    )


def _title_on_first_page(document: pdfium.PdfDocument) -> str | None:
    try:
        page = document[0]
    except pdfium.PdfiumError:
        return None
    try:
        return title_on_page(page)
    finally:
        page.close()


def _notes(document: pdfium.PdfDocument, found: _Found, recogniser: str) -> tuple[str, ...]:
    def note(indices: Sequence[int], one: str, several: str) -> str | None:
        words = one if len(indices) == 1 else several
        return f"{named_pages([index + 1 for index in indices])} {words}" if indices else None

    notes = (
        note(found.pictures, ONE_UNREAD, SEVERAL_UNREAD),
        note(
            found.recognised,
            f"was read by text recognition ({recogniser}).",
            f"were read by text recognition ({recogniser}).",
        ),
        note(found.damaged, "is damaged and was not read.", "are damaged and were not read."),
        note_on_attachments(document),
    )
    return tuple(line for line in notes if line)
