"""Which files does an archive give, together with the archives in it?"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from tempfile import SpooledTemporaryFile
from threading import RLock
from typing import IO, Final, cast

from rag.adapters.archives.entries import Entry, OpenedArchive
from rag.adapters.archives.limits import MIB, Limits
from rag.adapters.archives.tars import OpenedTar
from rag.adapters.archives.zips import OpenedZip
from rag.domain.errors import InvalidInputError
from rag.domain.names import described_by, harmless_name, is_hidden
from rag.ports.archives import Members
from rag.ports.files import WITHIN, SourceFile, refused
from rag.ports.parsing import FileTooLargeError, UnreadableFileError

ZIPS: Final = (".zip",)
TARS: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_KEPT_IN_MEMORY: Final = 8 * MIB


@dataclass(frozen=True, slots=True)
class FileArchives:
    """Opens ZIP and tar archives; implements `rag.ports.archives.Archives`.

    Attributes:
        reads: whether a file of this name is of a format that we read.
    """

    reads: Callable[[str], bool]
    limits: Limits = field(default_factory=Limits)

    @staticmethod
    def is_archive(name: str) -> bool:
        """This will say whether a file of this name stands for the files in it."""
        return name.lower().endswith((*ZIPS, *TARS))

    def is_wanted(self, name: str) -> bool:
        """This will say whether a file of this name is a document's, holds some, or describes one."""
        return self.reads(name) or self.is_archive(name) or described_by(name) is not None

    @contextmanager
    def reading(self) -> Iterator["OpenArchives"]:
        """This will open archives until the context ends."""
        opened = OpenArchives(self.is_wanted, self.limits)
        try:
            yield opened
        finally:
            opened.close()


@dataclass(slots=True)
class _Listing:
    """What has been found so far in an archive and those in it, and how much that is.

    Attributes:
        packed: the size of the outermost archive.
        is_over: whether all of it is refused.
    """

    limits: Limits
    packed: int = 0
    files: list[SourceFile] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    members: int = 0
    size: int = 0
    is_over: bool = False

    def add(self, *, members: int = 0, size: int = 0) -> None:
        """Count what was found, or refuse the archive."""
        self.members += members
        self.size += size
        refusal = self._refusal()
        if refusal is not None:
            self.is_over = True
            raise refusal

    def _refusal(self) -> FileTooLargeError | None:
        if self.members > self.limits.members:
            return self.limits.too_many()
        if self.size > self.limits.total_bytes:
            return self.limits.too_much()
        if self.limits.swells_together(self.size, packed=self.packed):
            return FileTooLargeError(
                f"The archive's {self.packed} bytes unpack to {self.size} or more: "
                "it was made to exhaust machines."
            )
        return None


@dataclass(frozen=True, slots=True)
class _Open:
    archive: OpenedArchive
    entries: frozenset[Entry]
    size: int


class OpenArchives:
    """Archives that are open for reading: a few at a time, and one thread after the other."""

    def __init__(self, is_wanted: Callable[[str], bool], limits: Limits) -> None:
        self._is_wanted = is_wanted
        self._limits = limits
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._closed = False
        self._lock = RLock()  # reading an archive within an archive reads the outer one

    def members(self, archive: SourceFile) -> Members:
        """This will list the files in an archive, and in the archives in it.

        Raises:
            FileTooLargeError: it holds, or unpacks to, more than we read.
            UnreadableFileError: it is damaged, or no archive.
            OSError: it cannot be opened.
        """
        listing = _Listing(self._limits)
        with self._lock:
            self._list(archive, depth=1, listing=listing)
        return Members(tuple(listing.files), tuple(listing.passed_over))

    def close(self) -> None:
        """This will close every archive; nothing can be read afterwards."""
        with self._lock:
            self._closed = True
            while self._open:
                self._open.popitem()[1].archive.close()

    def _list(self, archive: SourceFile, *, depth: int, listing: _Listing) -> None:
        opened = self._opened(archive)
        listing.packed = listing.packed or opened.size
        listing.add(members=opened.archive.count)
        copies: dict[str, int] = {}
        for entry in opened.archive.entries:
            name = harmless_name(entry.name)
            if not name or is_hidden(name):
                continue
            if not self._is_wanted(name):
                listing.passed_over.append(f"{archive.source}/{name}")
                continue
            member = self._member(archive, entry, name=_fresh(name, copies))
            if entry.problem is not None:
                listing.files.append(refused(member, entry.problem))
                continue
            listing.add(size=entry.size)
            if FileArchives.is_archive(name):
                self._list_within(member, depth=depth + 1, listing=listing)
            else:
                listing.files.append(member)

    def _list_within(self, member: SourceFile, *, depth: int, listing: _Listing) -> None:
        """List an archive within an archive; where it alone is bad, it alone fails."""
        try:
            if depth > self._limits.depth:
                limit = self._limits.depth
                raise FileTooLargeError(f"Archives stand in one another more than {limit} levels deep.")
            self._list(member, depth=depth, listing=listing)
        except InvalidInputError as error:
            if listing.is_over:
                raise
            listing.files.append(refused(member, error))

    def _member(self, archive: SourceFile, entry: Entry, *, name: str) -> SourceFile:
        path = None if archive.file_path is None else f"{archive.file_path}{WITHIN}{name}"
        return SourceFile(
            source=f"{archive.source}/{name}",
            place=f"{archive.place}{WITHIN}{name}",
            file_path=path,
            read=partial(self._content, archive, entry),
            modified=entry.modified or archive.modified,
        )

    def _content(self, archive: SourceFile, entry: Entry) -> bytes:
        with self._lock:
            opened = self._opened(archive)
            if entry not in opened.entries:
                raise UnreadableFileError("The archive was changed while it was being read.")
            return opened.archive.content(entry)

    def _opened(self, archive: SourceFile) -> _Open:
        if self._closed:
            raise UnreadableFileError("The archive has been closed.")
        opened = self._open.pop(archive.place, None) or self._open_anew(archive)
        self._open[archive.place] = opened
        while len(self._open) > self._limits.open_archives:
            self._open.popitem(last=False)[1].archive.close()
        return opened

    def _open_anew(self, archive: SourceFile) -> _Open:
        stream = _stream_of(archive)
        try:
            size = stream.seek(0, 2)
            stream.seek(0)
            self._refuse_large(size)
            opens = OpenedZip if archive.source.lower().endswith(ZIPS) else OpenedTar
            opened = opens(stream, limits=self._limits)
        except BaseException:
            stream.close()
            raise
        return _Open(opened, frozenset(opened.entries), size)

    def _refuse_large(self, size: int) -> None:
        if size > (limit := self._limits.total_bytes):
            raise FileTooLargeError(f"The archive has {size} bytes, the limit is {limit}.")


def _stream_of(archive: SourceFile) -> IO[bytes]:
    if archive.open_stream is not None:
        return archive.open_stream()
    spooled = SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY, prefix="rag-archive-")  # noqa: SIM115 - it goes on
    try:
        spooled.write(archive.read())
    except BaseException:
        spooled.close()
        raise
    return cast("IO[bytes]", spooled)


def _fresh(name: str, copies: dict[str, int]) -> str:
    """Tell files apart whose harmless names are the same, as `a.md` and `a (2).md`."""
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    fresh = name
    while fresh in copies:
        copies[name] += 1
        fresh = f"{stem} ({copies[name]}){dot}{ending}"
    copies[fresh] = 1
    return fresh
