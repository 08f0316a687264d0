"""How do a file and what was read out of it travel between us and a reading process?

Frames carry JSON, never pickles: the other end has just read a file that nobody vouches for.
"""

import json
import struct
from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO, Final, cast

from rag.adapters.parsers.formats import Format
from rag.domain.documents import Heading, Page, ParsedDocument
from rag.domain.errors import InvalidInputError, RagError
from rag.ports.parsing import (
    EmptyDocumentError,
    EncryptedFileError,
    FileTooLargeError,
    ReadingRanOutOfMemoryError,
    ReadingTimedOutError,
    ScanWithoutTextError,
    UnreadableFileError,
    UnsupportedFormatError,
)

_LENGTH: Final = struct.Struct("!Q")
_ERRORS: Final[dict[str, type[InvalidInputError]]] = {
    error.code: error
    for error in (
        EmptyDocumentError,
        EncryptedFileError,
        FileTooLargeError,
        ReadingRanOutOfMemoryError,
        ReadingTimedOutError,
        ScanWithoutTextError,
        UnreadableFileError,
        UnsupportedFormatError,
    )
}


def send_frame(stream: BinaryIO, frame: bytes) -> None:
    """This will write one frame, preceded by its length in eight bytes."""
    stream.write(_LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def receive_frame(stream: BinaryIO) -> bytes:
    """This will read one frame.

    Raises:
        EOFError: the other end is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    received = stream.read(count)
    if len(received) < count:
        raise EOFError(f"{len(received)} of {count} bytes arrived")
    return received


def pack_file(kind: Format, content: bytes, *, timeout_seconds: float) -> bytes:
    """This will put a file, its format and the time it may take into one frame."""
    return f"{kind.value}\n{timeout_seconds}\n".encode() + content


def unpack_file(frame: bytes) -> tuple[Format, bytes, float]:
    """This will take apart what `pack_file` made: format, content, and the seconds that it may take."""
    kind, seconds, content = frame.split(b"\n", 2)
    return Format(kind.decode()), content, float(seconds)


def pack_parsed(parsed: ParsedDocument) -> bytes:
    """This will put what was read into one frame."""
    fields = asdict(parsed) | {"dated": parsed.dated.isoformat() if parsed.dated else None}
    return json.dumps({"parsed": fields}).encode()


def pack_error(error: RagError) -> bytes:
    """This will put what is wrong with a file into one frame."""
    return json.dumps({"code": error.code, "message": str(error)}).encode()


def unpack_outcome(frame: bytes) -> ParsedDocument:
    """This will take apart what `pack_parsed` or `pack_error` made.

    Raises:
        InvalidInputError: what `pack_error` was given, as the same class.
    """
    outcome = json.loads(frame)
    if "parsed" not in outcome:
        raise _ERRORS.get(outcome["code"], UnreadableFileError)(outcome["message"])
    fields = outcome["parsed"]
    return ParsedDocument(
        text=fields["text"],
        media_type=fields["media_type"],
        title=fields["title"],
        pages=tuple(Page(**page) for page in fields["pages"]),
        headings=tuple(Heading(**heading) for heading in fields["headings"]),
        unbroken=tuple((start, end) for start, end in fields["unbroken"]),
        language=fields["language"],
        dated=datetime.fromisoformat(fields["dated"]) if fields["dated"] else None,
        metadata=cast("dict[str, str]", fields["metadata"]),
        notes=tuple(fields["notes"]),
    )
