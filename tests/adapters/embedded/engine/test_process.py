"""The engine's process starts alone, ends cleanly, and leaves nothing in the way of the next one."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import QdrantSearchIndex
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import SearchUnavailableError
from tests.support.engine import StartedEngine, connected
from tests.support.points import points_with, random_directions, recipe

NAME, DAMAGED = "rag-0001-aaaaaaaa", "rag-0002-bbbbbbbb"
COMMAND = [sys.executable, "-m", "rag.adapters.embedded.engine"]


def refusal(data_dir: Path, socket_path: Path) -> str:
    """Run an engine that must not start, and give what it says."""
    ended = subprocess.run(
        [*COMMAND, "--data-dir", str(data_dir), "--socket", str(socket_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


async def fill(engine: StartedEngine, number: int) -> None:
    """Write points into a new collection, without flushing."""
    async with connected(engine.url) as client:
        index = QdrantSearchIndex(client, lexical=LexicalRecipe())
        await index.create(NAME, recipe())
        await index.upsert(NAME, points_with(random_directions(number)))


async def count(engine: StartedEngine) -> int:
    """Count the points of the collection."""
    async with connected(engine.url) as client:
        return await QdrantSearchIndex(client, lexical=LexicalRecipe()).count(NAME)


async def test_a_stop_keeps_everything(engine: StartedEngine) -> None:
    """SIGTERM flushes, ends with 0, removes the socket; the next start has every point."""
    await fill(engine, 700)
    assert engine.stop() == 0
    assert not engine.socket.exists()
    engine.restart()
    assert await count(engine) == 700


def test_only_its_user_can_connect(engine: StartedEngine) -> None:
    """The socket is closed to everybody else, and so are the files."""
    assert stat.S_IMODE(engine.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(engine.data_dir.stat().st_mode) == 0o700


def test_a_second_opener_is_refused(engine: StartedEngine, tmp_path: Path) -> None:
    """One data directory has one process; the message names it, and the first one goes on."""
    said = refusal(engine.data_dir, tmp_path / "s")
    assert f"already served by the process {engine.process.pid}" in said
    assert b" 200 " in engine.answers(b"GET /readyz HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n")


def test_a_served_socket_is_not_taken(engine: StartedEngine, tmp_path: Path) -> None:
    """The socket of a running engine is left to it."""
    assert "served by another process" in refusal(tmp_path / "other", engine.socket)


def test_a_stale_socket_is_replaced(engine: StartedEngine) -> None:
    """What a killed engine left behind is no obstacle."""
    engine.kill()
    assert engine.socket.exists()
    engine.restart()


def test_a_file_in_the_way_is_not_removed(tmp_path: Path) -> None:
    """Only sockets are replaced."""
    file = tmp_path / "notes"
    file.write_text("keep me")
    assert "not a socket" in refusal(tmp_path / "data", file)
    assert file.read_text() == "keep me"


def test_a_path_too_long_for_a_socket_is_named(tmp_path: Path) -> None:
    """The kernel's limit comes out as a sentence."""
    assert "cannot be made" in refusal(tmp_path / "data", tmp_path / ("x" * 120))


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"format": 99, "collections": {}, "aliases": {}}'])
def test_an_unreadable_catalogue_is_named(tmp_path: Path, content: bytes) -> None:
    """A damaged or later catalogue stops the start, and stays as it is."""
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_bytes(content)
    assert str(catalogue) in refusal(tmp_path, tmp_path / "s")
    assert catalogue.read_bytes() == content


async def test_one_damaged_collection_leaves_the_others(
    engine: StartedEngine, engine_client: AsyncQdrantClient
) -> None:
    """A collection whose files are broken says so, and can be deleted and made again; the rest answers."""
    await fill(engine, 10)
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe())
    before = set((engine.data_dir / "collections").iterdir())
    await index.create(DAMAGED, recipe())
    engine.stop()
    (directory,) = set((engine.data_dir / "collections").iterdir()) - before
    (directory / "edge_config.json").write_text("{")
    engine.restart()
    assert await index.generations() == (NAME, DAMAGED)
    assert await index.count(NAME) == 10
    with pytest.raises(SearchUnavailableError, match="cannot be opened"):
        await index.count(DAMAGED)
    await index.retire(DAMAGED)
    await index.create(DAMAGED, recipe())
    assert await index.count(DAMAGED) == 0


async def test_what_a_killed_process_left_is_removed(engine: StartedEngine) -> None:
    """Directories of no collection, and segments that were never finished, are gone after a start."""
    await fill(engine, 10)
    engine.kill()
    (collection,) = (engine.data_dir / "collections").iterdir()
    leftovers = [engine.data_dir / "collections" / "stray", collection / "temp_segments"]
    for leftover in leftovers:
        (leftover / "below").mkdir(parents=True)
    engine.restart()
    assert not any(leftover.exists() for leftover in leftovers)
    assert await count(engine) == 10


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """When its parent is gone, the engine ends by itself and removes its socket."""
    parent = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"
    path = tmp_path / "s"
    starter = subprocess.Popen(
        [sys.executable, "-c", parent, *COMMAND, "--data-dir", str(tmp_path / "data"), "--socket", str(path)],
        stderr=subprocess.DEVNULL,
    )
    wait_for(path.exists)
    starter.kill()
    starter.wait()
    wait_for(lambda: not path.exists())


def test_it_can_be_told_to_stand_alone(tmp_path: Path) -> None:
    """With --no-parent-watch the engine outlives its parent."""
    parent = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid)"
    path = tmp_path / "s"
    options = ["--data-dir", str(tmp_path / "data"), "--socket", str(path), "--no-parent-watch"]
    started = subprocess.run(
        [sys.executable, "-c", parent, *COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=30,
    )
    wait_for(path.exists)
    time.sleep(1.5)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
    os.kill(int(started.stdout), signal.SIGTERM)
    wait_for(lambda: not path.exists())


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait for up to half a minute until `happened` says yes."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
