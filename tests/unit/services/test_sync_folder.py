"""Following a folder, whatever happens on the way."""

from collections.abc import Mapping, Sequence
from typing import cast

from rag.adapters.folders import FolderFinder
from rag.adapters.in_memory.embedder import InMemoryEmbedder
from rag.adapters.in_memory.library import InMemoryLibrary
from rag.domain.documents import ChunkId, DocumentId
from rag.domain.errors import UnavailableError
from rag.ports.files import SourceFile
from rag.ports.library import Library
from rag.ports.models import Vectors
from rag.ports.search import SearchIndex
from rag.services.delete_document import DeleteDocument
from rag.services.plan_sync import Change, PlanSync, SyncPlan
from rag.services.sync_folder import SyncFolder
from tests.support.workbench import Workbench, file

ROOTS = ("/docs/",)
BEFORE = (
    file("stays.md", "This text stays as it is."),
    file("old/moved.md", "This text is moved to another folder.\nIt has two lines."),
    file("changed.md", "This text will be another one."),
    file("gone.md", "This text will be deleted."),
    file("twin.md", "This text will be deleted."),
)
AFTER = (
    file("stays.md", "This text stays as it is."),
    file("new/moved.md", "This text is moved to another folder.\nIt has two lines."),
    file("changed.md", "This text has become another one."),
    file("added.md", "This text is new."),
)


class Broken:
    """Stands before a part, which goes away at some call of it or of another one."""

    def __init__(self, part: object, calls_left: list[int]) -> None:
        self._part, self._calls_left = part, calls_left

    def __getattr__(self, name: str) -> object:
        """Give the part's own method, while it can be reached."""
        self._calls_left[0] -= 1
        if self._calls_left[0] < 0:
            raise UnavailableError("It went away.")
        return getattr(self._part, name)


class EmptyDisk(FolderFinder):
    """Has nothing where the library looks for its files."""

    def gone(self, paths: Sequence[str], **_: object) -> frozenset[str]:
        """Give every path."""
        return frozenset(paths)


class CountingEmbedder(InMemoryEmbedder):
    """Counts the texts that it embeds."""

    embedded = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed and count."""
        self.embedded += len(texts)
        return await super().embed(texts)


class WatchingLibrary(InMemoryLibrary):
    """Looks at what is there whenever something is deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[set[str]] = []

    async def delete(self, document_id: DocumentId) -> Mapping[str, Sequence[ChunkId]]:
        """Look, and delete."""
        self.seen.append({one.source for one in await self.summaries()})
        return await super().delete(document_id)


async def planned(bench: Workbench, files: Sequence[SourceFile]) -> SyncPlan:
    """Compare the files with the library."""
    return await PlanSync(bench.library, EmptyDisk(reads=bool))(files, roots=ROOTS, looked_at=lambda: None)


async def synced(bench: Workbench, files: Sequence[SourceFile]) -> Mapping[str, Change]:
    """Sync, and name what became of each document."""
    delete = DeleteDocument(
        library=bench.library,
        index=bench.index,
        leases=bench.leases,
        finish_removals=bench.finish_removals(),
    )
    sync = SyncFolder(ingest=bench.ingest(), delete_document=delete)
    done = {}
    async for one in sync(await planned(bench, files)):
        place = one.outcome.file if one.outcome else one.stored
        assert place is not None
        done[place.source] = one.change
    return done


async def held(bench: Workbench) -> Mapping[DocumentId, object]:
    """Give what the library has, after a look at whether the index has just that."""
    ids = [one.id for one in await bench.library.summaries()]
    chunks = {one: await bench.library.chunks(one) for one in ids}
    live = await bench.library.live_generation()
    assert live is not None
    everything = [chunk.id for pieces in chunks.values() for chunk in pieces]
    assert await bench.index.count(live.name) == len(everything)
    assert await bench.index.present(live.name, everything) == frozenset(everything)
    return chunks


async def test_each_document_gets_what_it_needs() -> None:
    """Added, changed, moved, unchanged and deleted, and nothing else."""
    bench = Workbench()
    await synced(bench, BEFORE)
    assert await synced(bench, AFTER) == {
        "stays.md": "unchanged",
        "new/moved.md": "moved",
        "changed.md": "changed",
        "added.md": "added",
        "gone.md": "deleted",
        "twin.md": "deleted",
    }


async def test_what_was_moved_is_not_embedded_again() -> None:
    """The vectors of its text are still there when the new document comes."""
    embedder = CountingEmbedder()
    bench = Workbench(embedder=embedder)
    await synced(bench, BEFORE)
    embedder.embedded = 0
    assert (await synced(bench, (*BEFORE[:1], AFTER[1], *BEFORE[2:])))["new/moved.md"] == "moved"
    assert embedder.embedded == 0


async def test_what_was_moved_can_always_be_found() -> None:
    """When the old document is deleted, the new one is there."""
    library = WatchingLibrary()
    bench = Workbench(library=library)
    await synced(bench, BEFORE)
    await synced(bench, AFTER)
    assert all({"new/moved.md", "added.md"} <= sources for sources in library.seen)
    assert len(library.seen) == 3


async def test_a_sync_that_was_cut_off_anywhere_is_completed_by_the_next() -> None:
    """Whichever call was the last one, the end is the same."""
    whole = Workbench()
    await synced(whole, BEFORE)
    await synced(whole, AFTER)
    cut_off = 0
    for calls in range(200):
        bench, left = Workbench(), [calls]
        await synced(bench, BEFORE)
        library, index = bench.library, bench.index
        bench.library = cast("Library", Broken(library, left))
        bench.index = cast("SearchIndex", Broken(index, left))
        try:
            await synced(bench, AFTER)
        except UnavailableError:
            cut_off += 1
        bench.library, bench.index = library, index
        await synced(bench, AFTER)
        assert await held(bench) == await held(whole)
        if left[0] >= 0:
            break
    assert cut_off > 20


async def test_a_moved_file_that_cannot_be_read_keeps_its_old_document() -> None:
    """Until the new one is there, the old one is."""
    bench = Workbench()
    await synced(bench, BEFORE)
    reads = iter([AFTER[1].read()])

    def once() -> bytes:
        content = next(reads, None)
        if content is None:
            raise PermissionError(13, "Permission denied")
        return content

    moved = SourceFile(AFTER[1].source, AFTER[1].place, AFTER[1].file_path, once)
    assert await synced(bench, (BEFORE[0], moved, *BEFORE[2:])) == {
        "new/moved.md": "failed",
        "stays.md": "unchanged",
        "changed.md": "unchanged",
        "gone.md": "unchanged",
        "twin.md": "unchanged",
    }
    assert "old/moved.md" in {one.source for one in await bench.library.summaries()}


async def test_a_plan_counts_and_changes_nothing() -> None:
    """It can be looked at before anything is done."""
    bench = Workbench()
    await synced(bench, BEFORE)
    before = await held(bench)
    plan = await planned(bench, AFTER)
    assert {change.value: plan.count(change) for change in Change} == {
        "added": 1,
        "changed": 1,
        "moved": 1,
        "unchanged": 1,
        "deleted": 2,
        "failed": 0,
    }
    assert (plan.known, plan.deletes_most) == (5, False)
    assert (await planned(bench, ())).deletes_most
    assert await held(bench) == before


async def test_an_upload_is_never_deleted_by_a_sync() -> None:
    """It lay in no folder."""
    bench = Workbench()
    await bench.take_in(SourceFile("a.md", "upload:a.md", None, "Sent by somebody.".encode))
    assert await synced(bench, ()) == {}
