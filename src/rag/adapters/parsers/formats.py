"""What kind of file is this, and what reads it?"""

import importlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import Final, Protocol, cast

from rag.adapters.parsers.cleaning import has_words
from rag.adapters.parsers.decoding import looks_binary
from rag.domain.documents import ParsedDocument
from rag.domain.errors import RagError
from rag.ports.parsing import EmptyDocumentError, UnreadableFileError, UnsupportedFormatError


class Format(StrEnum):
    """A kind of file that we read."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


class Reader(Protocol):
    """A module that reads one format."""

    def read(self, content: bytes) -> ParsedDocument:
        """This will read a whole file."""


EXTENSIONS: Final[Mapping[str, Format]] = {
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".rst": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".pdf": Format.PDF,
}

# By name, so that a format's library is loaded when its first file comes, and in the process that reads it.
READERS: Final[Mapping[Format, str]] = {
    Format.TEXT: "rag.adapters.parsers.plain_text",
    Format.MARKDOWN: "rag.adapters.parsers.markdown",
    Format.HTML: "rag.adapters.parsers.html",
    Format.PDF: "rag.adapters.parsers.pdf",
}

_SIGNATURES: Final = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office document"),
    (b"{\\rtf", "a Rich Text document"),
    (b"\x89PNG\r\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
)
_PDF_MARK: Final = b"%PDF-"
_PDF_MARK_WITHIN: Final = 1024  # readers accept this much in front of it (ISO 32000, annex H)
_HTML_STARTS: Final = (b"<!doctype html", b"<html")


def named_format(name: str) -> Format | None:
    """This will say which format the extension of `name` promises.

    >>> named_format("Guide.PDF")
    <Format.PDF: 'pdf'>
    """
    return EXTENSIONS.get(PurePath(name).suffix.lower())


def format_of(name: str, content: bytes) -> Format:
    """This will say what a file is: what its content shows goes before what its name promises.

    Raises:
        UnsupportedFormatError: we have no reader for it.
        UnreadableFileError: it is called a PDF and is none.
    """
    name = PurePath(name).name
    start = content[:_PDF_MARK_WITHIN].lstrip(b"\xef\xbb\xbf \t\r\n")
    promised = named_format(name)
    if start.startswith(_PDF_MARK):
        return Format.PDF
    for signature, description in _SIGNATURES:
        if content.startswith(signature):
            raise UnsupportedFormatError(f"{name} is {description}, which we do not read.")
    if promised is Format.PDF:
        if _PDF_MARK not in content[:_PDF_MARK_WITHIN]:
            raise UnreadableFileError(f"{name} is named like a PDF but does not begin like one.")
        return Format.PDF
    if looks_binary(content):
        raise UnsupportedFormatError(f"{name} holds no text but binary content of a kind we do not know.")
    return _text_format(name, start, promised=promised)


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
        UnreadableFileError: its reader failed in a way that it does not know.
        RagError: whatever else its reader found wrong.
    """
    reader = cast("Reader", importlib.import_module(READERS[kind]))
    try:
        parsed = reader.read(content)
    except RagError:
        raise
    except Exception as error:  # a library's failure on a strange file must leave as ours, whatever its class
        reason = f"The {kind} file could not be read: {type(error).__name__}: {error}"
        raise UnreadableFileError(reason) from error
    if not has_words(parsed.text):
        raise EmptyDocumentError(f"The {kind} file holds no text.")
    return parsed
