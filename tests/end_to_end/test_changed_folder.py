"""A folder changes in every way we know of, and a sync makes of the library what a fresh ingest would."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from rag.adapters.archives import FileArchives
from rag.adapters.folders import FolderFinder
from rag.adapters.parsers.sidecars import SidecarFiles
from rag.bootstrap import load_settings, open_application
from rag.ports.files import FileFinder
from rag.ports.library import Library, StoredPlace
from rag.ports.search import SearchIndex
from rag.services.delete_document import DeleteDocument
from rag.services.describe_files import DescribeFiles
from rag.services.expand_archives import ExpandArchives
from rag.services.gather_files import GatherFiles
from rag.services.plan_sync import PlanSync, SyncPlan
from rag.services.sync_folder import SyncFolder
from tests.support.folder_changes import WAYS, Way, lay
from tests.support.made_archives import zip_of
from tests.support.terminal import fresh_data_dir
from tests.support.workbench import Workbench


@dataclass(frozen=True)
class Syncing:
    """Whatever a sync is made of, and what it works on."""

    finder: FileFinder
    gather: GatherFiles
    plan: PlanSync
    sync: SyncFolder
    library: Library
    index: SearchIndex

    async def planned(self, folder: Path) -> SyncPlan:
        """Compare the folder with the library."""
        async with self.gather(self.finder.find([folder])) as gathered:
            roots = self.finder.roots([folder])
            return await self.plan(gathered.files, roots=roots, looked_at=lambda: None)

    async def __call__(self, folder: Path) -> Mapping[str, str]:
        """Sync the folder, and name what became of each document."""
        done: dict[str, str] = {}
        async with self.gather(self.finder.find([folder])) as gathered:
            roots = self.finder.roots([folder])
            plan = await self.plan(gathered.files, roots=roots, looked_at=lambda: None)
            async for one in self.sync(plan):
                place = one.outcome.file if one.outcome else one.stored
                assert place is not None
                assert place.source not in done
                done[place.source] = one.change.value
        return done


def over_fakes() -> Syncing:
    """Make a sync over an empty library in memory."""
    bench = Workbench()
    archives = FileArchives(lambda name: name.endswith((".md", ".txt")))
    finder = FolderFinder(reads=archives.is_wanted)
    delete = DeleteDocument(
        library=bench.library,
        index=bench.index,
        leases=bench.leases,
        finish_removals=bench.finish_removals(),
    )
    return Syncing(
        finder,
        GatherFiles(expand=ExpandArchives(archives), describe=DescribeFiles(SidecarFiles())),
        PlanSync(bench.library, finder),
        SyncFolder(ingest=bench.ingest(), delete_document=delete),
        bench.library,
        bench.index,
    )


@asynccontextmanager
async def over_real_servers(data_dir: Path) -> AsyncIterator[Syncing]:
    """Make a sync over an empty library in PostgreSQL, the real index and the real model."""
    async with open_application(load_settings({"RAG_DATA_DIR": str(data_dir)})) as opened:
        yield Syncing(
            opened.files,
            opened.gather_files,
            opened.plan_sync,
            opened.sync_folder,
            opened.stores.library,
            opened.stores.index,
        )


async def held(syncing: Syncing) -> Mapping[str, object]:
    """Give everything that the library has of each document, and check that the index has just that."""
    library, index = syncing.library, syncing.index
    documents = [await library.document(one.id) for one in await library.summaries()]
    chunks = {document.source: await library.chunks(document.id) for document in documents}
    live = await library.live_generation()
    assert live is not None
    ids = [chunk.id for pieces in chunks.values() for chunk in pieces]
    assert await index.count(live.name) == len(ids)
    assert await index.present(live.name, ids) == frozenset(ids)
    assert await library.pending_removals(limit=1) == {}
    hashes = {chunk.embedding_hash for pieces in chunks.values() for chunk in pieces}
    assert await library.count_vectors() == len(hashes)
    return {
        each.source: (each.id, each.file_path, each.content_hash, each.parsed, chunks[each.source])
        for each in documents
    }


async def changes_are_followed(syncing: Syncing, fresh: Syncing, folder: Path, ways: Sequence[Way]) -> None:
    """Assert that a sync does what each way expects, and that the library is then as a fresh one."""
    lay(folder, {way.title: way.before for way in ways})
    first = await syncing(folder)
    before = await held(syncing)
    assert set(first.values()) <= {"added", "failed"}
    lay(folder, {way.title: way.after for way in ways})
    expected = {f"{way.title}/{name}": change for way in ways for name, change in way.expected.items()}
    plan = await syncing.planned(folder)
    assert {place.source for place in plan.deleted} == {n for n, c in expected.items() if c == "deleted"}
    assert await held(syncing) == before
    done = await syncing(folder)
    assert done == expected
    kept = {f"{way.title}/{name}" for way in ways for name in way.kept}
    now = await held(syncing)
    assert {name: now[name] for name in kept} == {name: before[name] for name in kept}
    await fresh(folder)
    assert {name: whole for name, whole in now.items() if name not in kept} == await held(fresh)
    again = Counter((await syncing(folder)).values())
    assert set(again) <= {"unchanged", "failed"}
    assert again["failed"] == Counter(expected.values())["failed"]
    assert await held(syncing) == now


@pytest.mark.parametrize("way", WAYS, ids=[way.title for way in WAYS])
async def test_a_folder_that_changed_in_one_way_is_followed(way: Way, tmp_path: Path) -> None:
    """Every document ends as a fresh ingest would have it; what cannot be read now is kept."""
    calm = {"1.md": b"One.", "2.md": b"Two."}
    beside = Way("beside", calm, calm, dict.fromkeys(calm, "unchanged"))
    await changes_are_followed(over_fakes(), over_fakes(), tmp_path / "docs", [way, beside])


async def test_a_folder_that_changed_in_every_way_at_once_is_followed(tmp_path: Path) -> None:
    """No change disturbs another one."""
    assert len(WAYS) >= 50
    await changes_are_followed(over_fakes(), over_fakes(), tmp_path / "docs", WAYS)


async def test_the_real_library_and_index_follow_every_change(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """PostgreSQL, the engine and the model do as the fakes do."""
    async with AsyncExitStack() as stack:
        syncing, fresh = [
            await stack.enter_async_context(over_real_servers(fresh_data_dir(tmp_path_factory)))
            for _ in range(2)
        ]
        await changes_are_followed(syncing, fresh, tmp_path / "docs", WAYS)


async def test_what_lies_beside_the_folder_is_left_alone(tmp_path: Path) -> None:
    """A sync of a folder touches no document of its neighbours, whatever their names begin with."""
    lay(tmp_path / "docs", {name: {"a.md": name.encode()} for name in ("a", "ab", "a!", "A")})
    syncing = over_fakes()
    await syncing(tmp_path / "docs")
    before = await held(syncing)
    lay(tmp_path / "docs", {"a": {"b.md": b"Another text."}})
    assert await syncing(tmp_path / "docs" / "a") == {"b.md": "added", "a/a.md": "deleted"}
    assert set(await held(syncing)) == set(before) - {"a/a.md"} | {"b.md"}


async def test_a_folder_that_cannot_be_opened_keeps_its_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes missing rights, or a disk that is away, for a deletion."""
    folder = tmp_path / "docs"
    lay(folder, {"locked": {"a.md": b"One.", "x/b.zip": b""}, "open": {"c.md": b"Two."}})
    syncing = over_fakes()
    await syncing(folder)
    before = await held(syncing)
    monkeypatch.setattr("os.scandir", LockedScan(folder / "locked"))
    assert await syncing(folder) == {"locked": "failed", "open/c.md": "unchanged"}
    assert await held(syncing) == before


async def test_a_file_that_the_walk_leaves_out_is_kept(tmp_path: Path) -> None:
    """What was taken in by its own name stays while it is on the disk, and goes when it is gone."""
    folder = tmp_path / "docs"
    packed = zip_of({"in.md": b"Within."})
    files = {
        "README": b"Read me.",
        ".hidden.md": b"Hidden.",
        ".z.zip": packed,
        "a.md": b"A.",
        "b\udcff": b"B.",
    }
    lay(folder, {"x": files})
    syncing = over_fakes()
    names = sorted((folder / "x").iterdir())
    async with syncing.gather(syncing.finder.find(names)) as gathered:
        async for _ in syncing.sync(await syncing.plan(gathered.files, roots=(), looked_at=lambda: None)):
            continue
    before = await held(syncing)
    assert len(before) == 5
    (folder / "x" / "README.md").write_bytes(b"Read me.")
    assert await syncing(folder) == {"x/README.md": "added", "x/a.md": "unchanged"}
    assert {**await held(syncing), **before} == await held(syncing)
    for name in names:
        name.unlink()
    gone = {"README", ".hidden.md", ".z.zip/in.md", "a.md", "b\\xff"}
    assert await syncing(folder) == {"x/README.md": "unchanged"} | dict.fromkeys(gone, "deleted")


async def test_an_archive_without_documents_any_more_is_emptied(tmp_path: Path) -> None:
    """It was looked into, so what was in it is gone."""
    folder = tmp_path / "docs"
    lay(folder, {"x": {"z.zip": zip_of({"in.md": b"Within."}), "a.md": b"A."}})
    syncing = over_fakes()
    await syncing(folder)
    (folder / "x" / "z.zip").write_bytes(zip_of({"tool.exe": b"MZ"}))
    assert await syncing(folder) == {"x/a.md": "unchanged", "x/z.zip/in.md": "deleted"}


class LockedScan:
    """Looks into every folder but one: the rights of files do not bind the administrator."""

    def __init__(self, locked: Path) -> None:
        self._scan, self._locked = os.scandir, locked

    def __call__(self, path: str = ".") -> object:
        """Look into a folder."""
        if Path(path) == self._locked:
            raise PermissionError(13, "Permission denied", str(path))
        return self._scan(path)


def test_only_a_deletion_of_most_documents_is_doubted() -> None:
    """All of them, or more than half and more than ten."""

    def plan(*, deleted: int, known: int) -> SyncPlan:
        return SyncPlan([], [StoredPlace(UUID(int=0), "/docs/a.md", "a.md", "")] * deleted, known)

    doubted = [(1, 1), (3, 3), (11, 21), (500, 501)]
    done = [(0, 0), (0, 5), (1, 2), (10, 11), (11, 22), (10, 500)]
    assert all(plan(deleted=deleted, known=known).deletes_most for deleted, known in doubted)
    assert not any(plan(deleted=deleted, known=known).deletes_most for deleted, known in done)
