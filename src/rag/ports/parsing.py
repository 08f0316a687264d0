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
    advice: ClassVar[str] = "Convert it to one of the formats in docs/reference/formats.md."


class EncryptedFileError(InvalidInputError):
    """The file wants a password."""

    code: ClassVar[str] = "file_encrypted"
    advice: ClassVar[str] = "Save a copy that anybody can open, and ingest that."


class EmptyDocumentError(InvalidInputError):
    """The file holds no text."""

    code: ClassVar[str] = "document_empty"
    advice: ClassVar[str] = "An empty file has nothing to find; put text into it, or leave it out."


class ScanWithoutTextError(InvalidInputError):
    """The file holds images of pages, and no text."""

    code: ClassVar[str] = "document_scanned"
    advice: ClassVar[str] = "Install tesseract and set RAG_OCR=true; pictures without words have no text."


class ReadingTimedOutError(InvalidInputError):
    """The file took longer to read than we wait."""

    code: ClassVar[str] = "file_timed_out"
    advice: ClassVar[str] = "Split the file, or save it anew with the program that made it."


class ReadingRanOutOfMemoryError(InvalidInputError):
    """The file needs more memory to be read than a reading process may have."""

    code: ClassVar[str] = "file_out_of_memory"
    advice: ClassVar[str] = "Split the file into smaller ones; a file made to exhaust memory is no document."


class FileTooLargeError(InvalidInputError):
    """The file is larger than we read."""

    code: ClassVar[str] = "file_too_large"
    advice: ClassVar[str] = "Split it into smaller files."


class DocumentParser(Protocol):
    """Reads files of the formats in docs/reference/formats.md."""

    def reads(self, name: str) -> bool:
        """This will say whether a file of this name is of a kind that we read."""

    async def parse(self, name: str, content: bytes) -> ParsedDocument:
        """This will read `content`, off the event loop.

        Raises:
            UnsupportedFormatError: no parser for the kind of file that `name` and `content` show.
            EncryptedFileError: a password is needed.
            EmptyDocumentError: there is no text in it.
            ScanWithoutTextError: it holds pictures of pages, and no text.
            FileTooLargeError: more bytes or pages than we read, or it unpacks to more.
            ReadingTimedOutError, ReadingRanOutOfMemoryError: it wants more than a reading process may have.
            UnreadableFileError: anything else that is wrong with it, with the reason.
        """
