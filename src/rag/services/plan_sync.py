"""Compare a folder with what the library holds of it, and say what a sync would do."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Final

from rag.domain.documents import DocumentId, document_id_for
from rag.domain.errors import InvalidInputError
from rag.ports.files import WITHIN, FileFinder, SourceFile
from rag.ports.library import Library, StoredPlace

MANY_DELETIONS: Final = 10  # from here on, deleting more than half is taken for a slip
_HASHES_A_TRIP: Final = 1000


class Change(StrEnum):
    """What a sync does with a document."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that is there, and what is to be done with it.

    Attributes:
        moved_from: where the same bytes lay before; None unless it was moved.
        error: why it cannot be read; None unless it failed.
    """

    file: SourceFile
    change: Change
    fingerprint: str = ""
    moved_from: StoredPlace | None = None
    error: InvalidInputError | None = None


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync would do.

    Attributes:
        deleted: documents whose files are gone from the disk, those that were moved left out.
        known: how many documents the library holds of the folders.
    """

    files: Sequence[PlannedFile]
    deleted: Sequence[StoredPlace]
    known: int

    @property
    def deletes_most(self) -> bool:
        """Whether so much would go that somebody should say yes to it first."""
        gone = len(self.deleted)
        return 0 < gone == self.known or (gone > MANY_DELETIONS and 2 * gone > self.known)

    def count(self, change: Change) -> int:
        """This will count the documents with which this is to be done."""
        if change is Change.DELETED:
            return len(self.deleted)
        return sum(planned.change is change for planned in self.files)


@dataclass(frozen=True, slots=True)
class PlanSync:
    """Read every file and compare; nothing is changed."""

    library: Library
    finder: FileFinder

    async def __call__(
        self, files: Sequence[SourceFile], *, roots: Sequence[str], looked_at: Callable[[], None]
    ) -> SyncPlan:
        """This will compare `files` with the documents whose files lay under `roots`.

        `looked_at` is called once a file. A file that cannot be read keeps what the library has of it, as
        does whatever lies in a folder or archive that cannot be opened, and a file that is on the disk but
        not among `files`, such as one that was taken in by its own name though no folder gives it.

        Raises:
            LibraryUnavailableError: PostgreSQL is away.
        """
        held = {place.document_id: place for root in roots for place in await self._held(root)}
        hashes = await self._hashes(files)
        planned = []
        for file in files:
            planned.append(await asyncio.to_thread(_compared, file, hashes))
            looked_at()
        unreadable = {one.file.file_path for one in planned if one.error} - {None}
        there = {document_id_for(file.place) for file in files}
        missing = [
            place
            for document_id, place in held.items()
            if document_id not in there and unreadable.isdisjoint(_around(place.file_path))
        ]
        paths = [place.file_path for place in missing]
        really = await asyncio.to_thread(self.finder.gone, paths, found=files, roots=roots)
        gone = [place for place in missing if place.file_path in really]
        moved = _with_moves(planned, gone)
        kept = {one.moved_from.document_id for one in moved if one.moved_from}
        return SyncPlan(moved, [place for place in gone if place.document_id not in kept], len(held))

    async def _held(self, root: str) -> Sequence[StoredPlace]:
        """Give what lies in a folder, or in an archive, and what had this very path."""
        itself = root.rstrip("/")
        found = [one for one in await self.library.places_under(itself, limit=1) if one.file_path == itself]
        for prefix in (root,) if root.endswith("/") else (f"{root}/", f"{root}{WITHIN}"):
            last = None
            while page := await self.library.places_under(prefix, after=last):
                found += page
                last = page[-1]
        return found

    async def _hashes(self, files: Sequence[SourceFile]) -> Mapping[DocumentId, str]:
        live = await self.library.live_generation()
        if live is None:
            return {}
        hashes: dict[DocumentId, str] = {}
        ids = (document_id_for(file.place) for file in files)
        while some := list(islice(ids, _HASHES_A_TRIP)):
            hashes |= await self.library.content_hashes(some, generation=live.name)
        return hashes


def _compared(file: SourceFile, hashes: Mapping[DocumentId, str]) -> PlannedFile:
    try:
        fingerprint = file.fingerprint(file.content())
    except InvalidInputError as error:
        return PlannedFile(file, Change.FAILED, error=error)
    known = hashes.get(document_id_for(file.place))
    if known is None:
        return PlannedFile(file, Change.ADDED, fingerprint)
    return PlannedFile(file, Change.UNCHANGED if known == fingerprint else Change.CHANGED, fingerprint)


def _with_moves(planned: Sequence[PlannedFile], gone: Sequence[StoredPlace]) -> Sequence[PlannedFile]:
    """Take a new file for one that is gone, where their bytes are the same."""
    origins: defaultdict[str, deque[StoredPlace]] = defaultdict(deque)
    for place in gone:
        origins[place.content_hash].append(place)
    return [
        replace(one, change=Change.MOVED, moved_from=origins[one.fingerprint].popleft())
        if one.change is Change.ADDED and origins.get(one.fingerprint)
        else one
        for one in planned
    ]


def _around(path: str) -> Iterator[str]:
    """Name the folders and archives in which a path lies.

    >>> list(_around("/a/b.zip!/c.md"))
    ['', '/a', '/a/b.zip!', '/a/b.zip']
    """
    for at, sign in enumerate(path):
        if sign == "/":
            yield path[:at]
            if path[:at].endswith("!"):
                yield path[: at - 1]
