"""Which files does a ZIP hold?"""

import io
import stat
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from operator import attrgetter
from typing import IO, Final, cast

from rag.adapters.archives.entries import Entry, damage_named, last_of_each_name
from rag.adapters.archives.limits import Limits, WatchedStream
from rag.domain.errors import InvalidInputError
from rag.ports.parsing import EncryptedFileError, FileTooLargeError

# Small, as bzip2 and LZMA give out all that a piece unpacks to at once.
_PIECE_BYTES: Final = 4096
_ENCRYPTED: Final = 0x1
_NAMED_IN_UTF8: Final = 0x800
_LOCAL_HEADER_BYTES: Final = 30
_UNIX_MODE_SHIFT: Final = 16


class OpenedZip:
    """A ZIP whose table of contents has been read."""

    def __init__(self, stream: IO[bytes], *, limits: Limits) -> None:
        """Read the table of contents.

        Raises:
            FileTooLargeError: it has too many entries, or entries that share their bytes.
            UnreadableFileError: it is damaged.
        """
        self._limits = limits
        watched = WatchedStream(stream, most_bytes=limits.directory_bytes, most_entries=limits.members)
        with damage_named("The ZIP archive"):
            self._zip = zipfile.ZipFile(cast("IO[bytes]", watched))
        self._stream = stream
        self._infos = self._zip.infolist()
        self.count = len(self._infos)
        if _share_bytes(self._infos):
            raise FileTooLargeError("Entries of the archive overlap, so it unpacks to more than it can hold.")
        named = [self._entry(place, info) for place, info in enumerate(self._infos) if _is_file(info)]
        self.entries: Sequence[Entry] = last_of_each_name(named)

    def content(self, entry: Entry) -> bytes:
        """This will read one file of it.

        Raises:
            UnreadableFileError: it is damaged, or packed in a way that we do not know.
        """
        gathered = io.BytesIO()
        with (
            damage_named(f"{entry.name} in the archive"),
            self._zip.open(self._infos[entry.place]) as stream,
        ):
            # The reader gives no more than the size that the table states, and checks the sum at the end.
            while piece := stream.read(_PIECE_BYTES):
                gathered.write(piece)
        return gathered.getvalue()

    def close(self) -> None:
        """This will close the file."""
        self._zip.close()
        self._stream.close()

    def _entry(self, place: int, info: zipfile.ZipInfo) -> Entry:
        return Entry(_name_of(info), info.file_size, place, _modified(info), self._problem(info))

    def _problem(self, info: zipfile.ZipInfo) -> InvalidInputError | None:
        if info.flag_bits & _ENCRYPTED:
            return EncryptedFileError("The file wants a password in its archive.")
        if info.file_size > self._limits.member_bytes:
            limit = self._limits.member_bytes
            return FileTooLargeError(f"It unpacks to {info.file_size} bytes, the limit is {limit}.")
        if self._limits.swells(info.file_size, packed=info.compress_size):
            return FileTooLargeError(
                f"Its {info.compress_size} bytes unpack to {info.file_size}: it was made to exhaust machines."
            )
        return None


def _is_file(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> _UNIX_MODE_SHIFT)
    return not info.filename.endswith("/") and kind in {0, stat.S_IFREG}


def _name_of(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _NAMED_IN_UTF8:
        return info.filename
    try:  # macOS writes UTF-8 without saying so
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    try:
        moment = datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment > datetime(1980, 1, 1, tzinfo=UTC) else None  # which stands for no date


def _share_bytes(infos: Sequence[zipfile.ZipInfo]) -> bool:
    """Tell the ZIP whose entries lie in one another from one whose files can really be in it."""
    ordered = sorted(infos, key=attrgetter("header_offset"))
    return any(
        one.header_offset + _LOCAL_HEADER_BYTES + one.compress_size > following.header_offset
        for one, following in pairwise(ordered)
    )
