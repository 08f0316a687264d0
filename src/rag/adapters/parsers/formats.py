"""What kind of file is this, and what reads it?"""

import importlib
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import PurePath
from typing import Final, Protocol, cast

from rag.adapters.parsers.cleaning import has_words
from rag.adapters.parsers.decoding import looks_binary
from rag.adapters.parsers.language import language_of
from rag.adapters.parsers.office_container import container_format, ole_format
from rag.domain.documents import ParsedDocument
from rag.domain.errors import RagError
from rag.ports.parsing import (
    EmptyDocumentError,
    FileTooLargeError,
    ReadingRanOutOfMemoryError,
    UnreadableFileError,
    UnsupportedFormatError,
)


class Format(StrEnum):
    """A kind of file that we read."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"
    SCANNED_PDF = "pdf with text recognition"
    DOCX = "docx"
    PPTX = "pptx"
    SPREADSHEET = "spreadsheet"
    CSV = "csv"
    EML = "eml"
    RST = "rst"


class Reader(Protocol):
    """A module that reads one format."""

    def read(self, content: bytes) -> ParsedDocument:
        """This will read a whole file."""


EXTENSIONS: Final[Mapping[str, Format]] = {
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".log": Format.TEXT,
    ".rst": Format.RST,
    ".rst.txt": Format.RST,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".pdf": Format.PDF,
    ".docx": Format.DOCX,
    ".docm": Format.DOCX,
    ".pptx": Format.PPTX,
    ".pptm": Format.PPTX,
    ".xlsx": Format.SPREADSHEET,
    ".xlsm": Format.SPREADSHEET,
    ".xls": Format.SPREADSHEET,
    ".ods": Format.SPREADSHEET,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".eml": Format.EML,
}

WHAT_IS_KEPT: Final[Mapping[Format, str]] = {
    Format.TEXT: "the text, in any usual encoding; lines that an editor wrapped become paragraphs again",
    Format.MARKDOWN: "headings, tables, code; front matter in YAML or TOML becomes metadata",
    Format.HTML: "headings, tables, code, lists; navigation, scripts and other boilerplate are left out",
    Format.PDF: "pages, outline, columns in reading order, tables line by line; attachments are noted",
    Format.SCANNED_PDF: "the same, and with `RAG_OCR=true` pages of images by text recognition",
    Format.DOCX: "headings, lists, tables, text boxes, footnotes; pictures are noted",
    Format.PPTX: "a slide is a page; titles, text, tables and speaker notes; pictures are noted",
    Format.SPREADSHEET: "a sheet is a section; each row is a line with its column names",
    Format.CSV: "each row is a line with its column names; any usual delimiter and encoding",
    Format.EML: "subject, sender, receivers, date and text; attachments are noted",
    Format.RST: "headings, tables, code and directives' text; includes do nothing",
}

# By name, so that a format's library is loaded when its first file comes, and in the process that reads it.
READERS: Final[Mapping[Format, str]] = {
    Format.TEXT: "rag.adapters.parsers.plain_text",
    Format.MARKDOWN: "rag.adapters.parsers.markdown",
    Format.HTML: "rag.adapters.parsers.html",
    Format.PDF: "rag.adapters.parsers.pdf",
    Format.SCANNED_PDF: "rag.adapters.parsers.pdf_ocr",
    Format.DOCX: "rag.adapters.parsers.docx",
    Format.PPTX: "rag.adapters.parsers.pptx",
    Format.SPREADSHEET: "rag.adapters.parsers.spreadsheet",
    Format.CSV: "rag.adapters.parsers.csv_table",
    Format.EML: "rag.adapters.parsers.eml",
    Format.RST: "rag.adapters.parsers.rst",
}

_SIGNATURES: Final = (
    (b"{\\rtf", "a Rich Text document"),
    (b"\x89PNG\r\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
)
SMALL_TEXT: Final = 4_000_000
# Packed spreadsheets have up to ten; headers and cells that are repeated without end make bombs.
MOST_CHARACTERS_A_BYTE: Final = 20
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF_MARK: Final = b"%PDF-"
_PDF_MARK_WITHIN: Final = 1024  # readers accept this much in front of it (ISO 32000, annex H)
_HTML_STARTS: Final = (b"<!doctype html", b"<html")
_NOT_TEXT: Final = {
    Format.PDF: "a PDF",
    Format.DOCX: "a Word document",
    Format.PPTX: "a PowerPoint document",
    Format.SPREADSHEET: "a spreadsheet",
}


def named_format(name: str) -> Format | None:
    """This will say which format the extension of `name` promises.

    >>> named_format("Guide.PDF"), named_format("howto.rst.txt")
    (<Format.PDF: 'pdf'>, <Format.RST: 'rst'>)
    """
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    return EXTENSIONS.get("".join(suffixes[-2:])) or EXTENSIONS.get("".join(suffixes[-1:]))


def format_of(name: str, content: bytes) -> Format:
    """This will say what a file is: what its content shows goes before what its name promises.

    Raises:
        UnsupportedFormatError: we have no reader for it.
        EncryptedFileError: it is an Office document that wants a password.
        UnreadableFileError: it is called a PDF or an Office document and is none.
    """
    name = PurePath(name).name
    shown = _container_format(name, content)
    if shown is not None:
        return shown
    promised = named_format(name)
    for signature, description in _SIGNATURES:
        if content.startswith(signature):
            raise UnsupportedFormatError(f"{name} is {description}, which we do not read.")
    if promised in _NOT_TEXT:
        raise UnreadableFileError(f"{name} is named like {_NOT_TEXT[promised]} but does not begin like one.")
    if looks_binary(content):
        raise UnsupportedFormatError(f"{name} holds no text but binary content of a kind we do not know.")
    start = content[:_PDF_MARK_WITHIN].lstrip(b"\xef\xbb\xbf \t\r\n")
    return _text_format(name, start, promised=promised)


def _container_format(name: str, content: bytes) -> Format | None:
    start = content[:_PDF_MARK_WITHIN]
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PDF_MARK):
        return Format.PDF
    if named_format(name) is Format.PDF and _PDF_MARK in start:
        return Format.PDF
    if content.startswith(_OLE):
        return Format(ole_format(content))
    if content.startswith(_ZIP):
        held = container_format(content)
        if held is None:
            raise UnsupportedFormatError(f"{name} is a ZIP archive; archives are named .zip.")
        return Format(held)
    return None


def _text_format(name: str, start: bytes, *, promised: Format | None) -> Format:
    if promised in {Format.HTML, Format.TEXT, None} and start[:16].lower().startswith(_HTML_STARTS):
        return Format.HTML
    if promised is not None:
        return promised
    if not PurePath(name).suffix:
        return Format.TEXT
    raise UnsupportedFormatError(f"We do not read files of the kind of {name}.")


def read(kind: Format, content: bytes) -> ParsedDocument:
    """This will read a file in this very thread.

    Raises:
        EmptyDocumentError: there is no letter and no digit in it.
        FileTooLargeError: it says far more than its size lets expect.
        UnreadableFileError: its reader failed in a way that it does not know.
        RagError: whatever else its reader found wrong.
    """
    reader = cast("Reader", importlib.import_module(READERS[kind]))
    try:
        parsed = reader.read(content)
    except RagError:
        raise
    except MemoryError as error:
        raise ReadingRanOutOfMemoryError(f"Reading the {kind} file took too much memory.") from error
    except Exception as error:  # a library's failure on a strange file must leave as ours, whatever its class
        reason = f"The {kind} file could not be read: {type(error).__name__}: {error}"
        raise UnreadableFileError(reason) from error
    if not has_words(parsed.text):
        raise EmptyDocumentError(f"The {kind} file holds no text.")
    if len(parsed.text) > max(SMALL_TEXT, MOST_CHARACTERS_A_BYTE * len(content)):
        size, characters = f"{len(content):,}", f"{len(parsed.text):,}"
        raise FileTooLargeError(f"The {kind} file of {size} bytes unpacks to {characters} characters.")
    return parsed if parsed.language else replace(parsed, language=language_of(parsed.text))
