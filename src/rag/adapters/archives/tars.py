"""Which files does a tar hold, packed by gzip, bzip2 or xz, or not at all?"""

import bz2
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Final, Protocol, cast

from rag.adapters.archives.entries import Entry, damage_named, last_of_each_name
from rag.adapters.archives.limits import MIB, Limits, WatchedStream
from rag.domain.errors import InvalidInputError
from rag.ports.parsing import FileTooLargeError, UnreadableFileError

_PIECE_BYTES: Final = MIB
_READ_BYTES: Final = 16_384
_XZ_MEMORY: Final = 100 * MIB  # `xz -9` wants 65 MiB to unpack
_BLOCK: Final = 512
# Headers and padding, which the limit of what the files unpack to does not count.
_HEADERS: Final = 1.1

# Packed streams that follow one another, each of nothing, would take hours and give out not a byte.
_MOST_STREAMS: Final = 10_000


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class OpenedTar:
    """A tar whose headers have been read; what was packed lies unpacked in a nameless temporary file."""

    def __init__(self, stream: IO[bytes], *, limits: Limits) -> None:
        """Unpack it, then read the headers.

        Raises:
            FileTooLargeError: it has too many entries, or unpacks to too much.
            UnreadableFileError: it is damaged.
        """
        self._limits = limits
        self.count = 0
        with damage_named("The tar archive"):
            self._plain = _unpacked(stream, limits=limits)
        try:
            self._length = self._plain.seek(0, 2)
            self._plain.seek(0)
            with damage_named("The tar archive"):
                self.entries: Sequence[Entry] = last_of_each_name(list(self._files()))
        except BaseException:
            self._plain.close()
            raise

    def content(self, entry: Entry) -> bytes:
        """This will read one file of it.

        Raises:
            UnreadableFileError: it ends before the file does.
        """
        with damage_named(f"{entry.name} in the archive"):
            self._plain.seek(entry.place)
            return self._plain.read(entry.size)

    def close(self) -> None:
        """This will close the file, and so remove what was unpacked."""
        self._plain.close()

    def _files(self) -> Iterator[Entry]:
        limits = self._limits
        watched = WatchedStream(self._plain, most_bytes=limits.header_bytes, most_entries=limits.members)
        tar = tarfile.open(fileobj=cast("IO[bytes]", watched), mode="r:")  # noqa: SIM115 - the stream below it stays open
        files: dict[str, tarfile.TarInfo] = {}
        while (member := tar.next()) is not None:
            self.count += 1
            if self.count > limits.members:
                raise limits.too_many()
            if member.isreg():
                files[_plain(member.name)] = member
                yield self._entry(member)
            elif member.islnk():
                # A second name of a file in the archive; what it leads to outside is never read.
                yield self._link(member, files.get(_plain(member.linkname)))
        # The library takes a header that it cannot read for the end; what follows would be lost in silence.
        self._plain.seek(tar.offset)
        if self._plain.read(_BLOCK).strip(b"\0"):
            raise UnreadableFileError(f"The tar archive is damaged after its first {self.count} entries.")

    def _entry(self, member: tarfile.TarInfo) -> Entry:
        try:
            modified = datetime.fromtimestamp(member.mtime, tz=UTC) if member.mtime else None
        except (ValueError, OverflowError, OSError):
            modified = None
        return Entry(member.name, member.size, member.offset_data, modified, self._problem(member))

    def _link(self, member: tarfile.TarInfo, target: tarfile.TarInfo | None) -> Entry:
        if target is None:
            problem = UnreadableFileError("It is a hard link to a file that does not stand before it.")
            return Entry(member.name, 0, member.offset, problem=problem)
        return replace(self._entry(target), name=member.name)

    def _problem(self, member: tarfile.TarInfo) -> InvalidInputError | None:
        limit = self._limits.member_bytes
        if member.size > limit:
            return FileTooLargeError(f"It has {member.size} bytes in the archive, the limit is {limit}.")
        if member.issparse():
            return UnreadableFileError("It is stored with holes in the archive, which we do not read.")
        if member.size < 0 or member.offset_data + member.size > self._length:
            return UnreadableFileError("The archive ends before the file does.")
        return None


def _plain(name: str) -> str:
    return name.removeprefix("./")


def _unpacked(stream: IO[bytes], *, limits: Limits) -> IO[bytes]:
    """Give the plain tar; what its first bytes show goes before what its name says."""
    start = stream.read(6)
    stream.seek(0)
    if start.startswith(b"\x1f\x8b"):
        pieces = _pieces(stream, _Inflater)
    elif start.startswith(b"BZh"):
        pieces = _pieces(stream, bz2.BZ2Decompressor)
    elif start.startswith(b"\xfd7zXZ\x00"):
        pieces = _pieces(stream, partial(lzma.LZMADecompressor, memlimit=_XZ_MEMORY))
    else:
        return stream
    plain = TemporaryFile(prefix="rag-archive-")  # noqa: SIM115 - it stays open with the archive
    try:
        _spool(pieces, plain, stream, limits=limits)
    except BaseException:
        plain.close()
        raise
    stream.close()
    return plain


def _spool(pieces: Iterator[bytes], plain: IO[bytes], packed: IO[bytes], *, limits: Limits) -> None:
    written = 0
    for piece in pieces:
        written += len(piece)
        if limits.swells(written, packed=packed.tell()):
            raise FileTooLargeError(
                f"{packed.tell()} bytes of the archive unpack to {written}: it was made to exhaust machines."
            )
        if written > limits.total_bytes * _HEADERS:
            raise limits.too_much()
        plain.write(piece)


def _pieces(stream: IO[bytes], new: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """Unpack piece by piece; several packed streams may follow one another."""
    waiting = b""
    for _ in range(_MOST_STREAMS):
        decompressor = new()
        while not decompressor.eof:
            waiting = waiting or (stream.read(_READ_BYTES) if decompressor.needs_input else b"")
            is_last = decompressor.needs_input and not waiting
            piece = decompressor.decompress(waiting, _PIECE_BYTES)
            waiting = b""
            if piece:
                yield piece
            elif is_last and not decompressor.eof:
                raise EOFError("it ends too early")
        waiting = decompressor.unused_data.lstrip(b"\0") or stream.read(_READ_BYTES).lstrip(b"\0")
        if not waiting:
            return
    raise FileTooLargeError(f"More than {_MOST_STREAMS} packed streams follow one another in the archive.")


class _Inflater:
    """Unpacks gzip with the words of the other decompressors."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
