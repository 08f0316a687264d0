"""When the disk fails, what was answered stays true: also after a retry, and after a restart."""

import errno
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import qdrant_edge as edge
from qdrant_client import AsyncQdrantClient

from rag.adapters.embedded.engine.refusals import RefusedError
from rag.adapters.embedded.engine.store import Store
from rag.adapters.qdrant import QdrantSearchIndex
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import SearchUnavailableError
from tests.support.engine import StartedEngine
from tests.support.points import points_with, random_directions, recipe

NAME, NEXT = "rag-0001-aaaaaaaa", "rag-0002-bbbbbbbb"
SCHEMA = {"vectors": {"dense": {"size": 2, "distance": "Cosine"}}}
POINT = edge.Point(1, {"dense": [1.0, 0.0]}, {})
ALIAS = [{"create_alias": {"alias_name": "live", "collection_name": "kept"}}]


class State(NamedTuple):
    """What a store holds: its collections with the number of their points, and its aliases."""

    points: dict[str, int]
    aliases: dict[str, str]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with one collection that holds one point."""
    store = Store(tmp_path)
    await store.open()
    store.create("kept", SCHEMA)
    await store.collection("kept").upsert([POINT])
    yield store
    await store.close()


def state_of(store: Store) -> State:
    """Describe what the store would answer."""
    points = {name: store.collection(name).shard.info().points_count for name in store.names()}
    return State(points, dict(store.catalogue.aliases))


async def state_after_restart(store: Store, data_dir: Path, tmp_path: Path) -> State:
    """Describe what a store finds that is opened on a copy of the files as they are now."""
    for name in store.names():
        store.collection(name).flush()
    # The log makes its next segments ready in the background: they come and go, and hold nothing yet.
    passing = shutil.ignore_patterns("copy", "tmp-*")
    place = shutil.copytree(data_dir, tmp_path / "copy", ignore=passing)
    other = Store(place)
    await other.open()
    state = state_of(other)
    named = {entry.directory for entry in other.catalogue.collections.values()}
    assert {folder.name for folder in (place / "collections").iterdir()} == named
    await other.close()
    shutil.rmtree(place)
    return state


def fail_once(monkeypatch: pytest.MonkeyPatch, step: str, *, call: int = 1) -> None:
    """Let the `call`-th use of a function of `os` find the disk full, and the others work."""
    real: Callable[..., object] = getattr(os, step)
    calls = iter(range(1, 1000))

    def failing(*arguments: object) -> object:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    monkeypatch.setattr(os, step, failing)


CHANGES: dict[str, tuple[Callable[[Store], object], State]] = {
    "create": (lambda store: store.create("made", SCHEMA), State({"kept": 1, "made": 0}, {})),
    "delete": (lambda store: store.delete("kept"), State({}, {})),
    "aliases": (lambda store: store.change_aliases(ALIAS), State({"kept": 1}, {"live": "kept"})),
}


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
async def test_a_change_that_cannot_be_saved_has_not_happened(
    store: Store,
    tmp_path: Path,
    *,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    change: Callable[[Store], object],
    expected: State,
) -> None:
    """On a full disk the store refuses and stays as it was; the retry succeeds and survives a restart."""
    before = state_of(store)
    with monkeypatch.context() as patch:
        fail_once(patch, step)
        with pytest.raises(RefusedError, match="No space left") as raised:
            change(store)
    assert raised.value.status == 500
    assert state_of(store) == before
    assert await state_after_restart(store, tmp_path, tmp_path) == before
    change(store)
    assert state_of(store) == expected
    assert await state_after_restart(store, tmp_path, tmp_path) == expected


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
async def test_a_change_on_disk_has_happened(
    store: Store,
    tmp_path: Path,
    *,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Store], object],
    expected: State,
) -> None:
    """Once the file is replaced, a failure to sync its folder does not part memory from disk."""
    with monkeypatch.context() as patch:
        fail_once(patch, "fsync", call=2)
        change(store)
    assert state_of(store) == expected
    assert await state_after_restart(store, tmp_path, tmp_path) == expected


@pytest.mark.parametrize("step", ["fsync", "replace"])
async def test_a_copy_that_cannot_be_saved_is_not_adopted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """When the catalogue cannot be replaced after a build, the former directory still holds the points."""
    with monkeypatch.context() as patch:
        fail_once(patch, step)
        with pytest.raises(RefusedError, match="No space left"):
            store.adopt("kept", store.new_directory(), graph_rows=7)
    store.change_aliases(ALIAS)  # and later changes do not bring the failed one back
    assert store.graph_rows("kept") == 0
    assert await state_after_restart(store, tmp_path, tmp_path) == State({"kept": 1}, {"live": "kept"})


async def test_nothing_stays_of_a_collection_that_cannot_be_made(store: Store, tmp_path: Path) -> None:
    """A failure to make the directory comes out as a refusal, and leaves none behind."""
    folder = tmp_path / "collections"
    folder.rename(tmp_path / "aside")
    with pytest.raises(RefusedError) as raised:
        store.create("made", SCHEMA)
    assert raised.value.status == 500
    (tmp_path / "aside").rename(folder)
    assert len(list(folder.iterdir())) == 1
    assert store.names() == ["kept"]


async def test_closing_goes_on_after_a_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A collection that cannot be flushed keeps none of the others from being flushed, and is reported."""
    store = Store(tmp_path)
    await store.open()
    for name in ("first", "second"):
        store.create(name, SCHEMA)
        await store.collection(name).upsert([POINT])
    first, second = (store.collection(name) for name in ("first", "second"))
    shutil.rmtree(first.directory / "segments")
    with pytest.raises(RefusedError, match="first: "):
        await store.close()
    for closed in (first, second):
        with pytest.raises(Exception, match="not initialized"):
            closed.shard.info()
    assert "first" in caplog.text
    store = Store(tmp_path)
    await store.open()
    assert store.collection("second").shard.info().points_count == 1
    await store.close()


async def test_a_retry_after_a_failure_is_durable(
    engine: StartedEngine, engine_client: AsyncQdrantClient
) -> None:
    """Through the adapter: made on the second try, filled, killed, and everything acknowledged is there."""
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe())
    points = points_with(random_directions(20))
    await index.create(NAME, recipe())
    obstacle = engine.data_dir / "catalogue.json.draft"
    obstacle.mkdir()  # no file can be written here now, not even by root
    for use in (index.create(NEXT, recipe()), index.switch(NAME), index.retire(NAME)):
        with pytest.raises(SearchUnavailableError, match="cannot be saved"):
            await use
    assert (await index.generations(), await index.live()) == ((NAME,), None)
    obstacle.rmdir()
    await index.create(NEXT, recipe())
    await index.upsert(NEXT, points)
    await index.switch(NEXT)
    await index.retire(NAME)
    engine.kill()
    engine.restart()
    assert (await index.generations(), await index.live()) == ((NEXT,), NEXT)
    assert await index.count(NEXT) == len(points)


async def test_the_process_reports_what_it_could_not_flush(
    engine: StartedEngine, engine_client: AsyncQdrantClient
) -> None:
    """Its exit code is not that of a clean end, and its log names the collection."""
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe())
    await index.create(NAME, recipe())
    await index.upsert(NAME, points_with(random_directions(20)))
    (directory,) = (engine.data_dir / "collections").iterdir()
    shutil.rmtree(directory / "segments")
    assert engine.stop() == 1
    assert f"the collection {NAME} cannot be closed" in engine.log.read_text()
    assert not engine.socket.exists()
