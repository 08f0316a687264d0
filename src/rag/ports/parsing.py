"""How does a file become text?"""

from typing import ClassVar, Protocol

from rag.domain.documents import ParsedDocument
from rag.domain.errors import InvalidInputError


class UnreadableFileError(InvalidInputError):
    """A file cannot be read as a document; `reason` says why in one sentence."""

    code: ClassVar[str] = "file_unreadable"
    advice: ClassVar[str] = "Open the file with the program that made it, save it again, and ingest it anew."


class UnsupportedFormatError(InvalidInputError):
    """We have no parser for this kind of file."""

    code: ClassVar[str] = "format_unsupported"
    advice: ClassVar[str] = "Convert it to text, Markdown, HTML or PDF."


class EncryptedFileError(InvalidInputError):
    """The file wants a password."""

    code: ClassVar[str] = "file_encrypted"
    advice: ClassVar[str] = "Save a copy without the password and ingest that."


class EmptyDocumentError(InvalidInputError):
    """The file holds no text."""

    code: ClassVar[str] = "document_empty"
    advice: ClassVar[str] = (
        "An empty file has nothing to find; run a text recognition (OCR) over a scan first."
    )


class FileTooLargeError(InvalidInputError):
    """The file is larger than we read."""

    code: ClassVar[str] = "file_too_large"
    advice: ClassVar[str] = "Split it into smaller files."


class DocumentParser(Protocol):
    """Reads text, Markdown, HTML and PDF."""

    def reads(self, name: str) -> bool:
        """This will say whether a file of this name is of a kind that we read."""

    async def parse(self, name: str, content: bytes) -> ParsedDocument:
        """This will read `content`, off the event loop.

        Raises:
            UnsupportedFormatError: no parser for the kind of file that `name` and `content` show.
            EncryptedFileError: a password is needed.
            EmptyDocumentError: there is no text in it.
            FileTooLargeError: more bytes or pages than we read.
            UnreadableFileError: anything else that is wrong with it, with the reason.
        """
