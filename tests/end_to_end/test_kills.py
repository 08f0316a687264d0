"""Any process of a running service is killed; what was acknowledged is there, and it goes on."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.bootstrap import load_settings, open_stores
from tests.support.terminal import fresh_data_dir

RECOVERY_SECONDS = 30
START_SECONDS = 90
QUESTION = {"question": "When is lunch served in the canteen?"}
LUNCH = "Lunch is served in the canteen from noon until two o'clock."


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that knows when lunch is served."""
    place = fresh_data_dir(tmp_path_factory)
    folder = tmp_path_factory.mktemp("house")
    (folder / "canteen.md").write_text(f"# The canteen\n\n{LUNCH}\n", encoding="utf-8")
    (folder / "garden.md").write_text("# The garden\n\nThe garden is open all day.\n", encoding="utf-8")
    typed(place, "ingest", str(folder))
    return place


def typed(data_dir: Path, *arguments: str) -> str:
    """Carry a command out in a process of its own, and give what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "rag", *arguments],
        env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    ).stdout


@contextmanager
def serving(data_dir: Path) -> Iterator[tuple["subprocess.Popen[str]", httpx.Client]]:
    """Run `rag serve`, and end it if the test has not."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "serve", "--port", "0"],
        env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    port = next(json.loads(line)["port"] for line in process.stderr if '"listening"' in line)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        try:
            wait_for_answer(client, seconds=START_SECONDS)
            yield process, client
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def wait_for_answer(client: httpx.Client, *, seconds: float = RECOVERY_SECONDS) -> dict[str, Any]:
    """Ask until there is an answer; nothing but 503 may come before it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            reply = client.post("/query", json=QUESTION)
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if reply.status_code == httpx.codes.OK:
            envelope: dict[str, Any] = reply.json()
            return envelope
        assert reply.status_code == httpx.codes.SERVICE_UNAVAILABLE, reply.text
        assert "retry-after" in reply.headers
        time.sleep(0.2)
    pytest.fail(f"no answer within {seconds} s")


def pid_of(data_dir: Path, server: str) -> int:
    """Give the process of an embedded server, or of their supervisor."""
    status = json.loads((data_dir / "run" / "status.json").read_text(encoding="utf-8"))
    return int(status["pid"] if server == "supervisor" else status["servers"][server]["pid"])


def phase_of(data_dir: Path, server: str) -> str:
    """Tell whether an embedded server runs."""
    status = json.loads((data_dir / "run" / "status.json").read_text(encoding="utf-8"))
    return str(status["servers"][server]["phase"])


@pytest.mark.parametrize("victim", ["engine", "postgres", "supervisor"])
def test_an_embedded_server_is_killed_while_it_serves(data_dir: Path, victim: str) -> None:
    """Questions get 503 for a while and then the same answer; the earlier answer can still be rated."""
    with serving(data_dir) as (_, client):
        before = wait_for_answer(client)
        os.kill(pid_of(data_dir, victim), signal.SIGKILL)
        after = wait_for_answer(client)
        assert before["answer"] == after["answer"] == f"{LUNCH} [1]"
        rating = {"query_log_id": before["query_log_id"], "rating": 5}
        assert client.post("/feedback", json=rating).status_code == httpx.codes.CREATED


def test_the_service_itself_is_killed(data_dir: Path) -> None:
    """The next start has every document, and an answer given before the kill can be rated."""
    with serving(data_dir) as (process, client):
        before = wait_for_answer(client)
        process.kill()
        process.wait(10)
    assert {row["source"] for row in json.loads(typed(data_dir, "documents", "list", "--json"))} == {
        "canteen.md",
        "garden.md",
    }
    with serving(data_dir) as (_, client):
        rating = {"query_log_id": before["query_log_id"], "rating": 4}
        assert client.post("/feedback", json=rating).status_code == httpx.codes.CREATED


def test_the_engine_loses_its_directory(data_dir: Path) -> None:
    """The next command fills the index again from PostgreSQL."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while phase_of(data_dir, "engine") != "stopped" and time.monotonic() < deadline:
        time.sleep(0.2)  # the last command's servers end a little after it
    shutil.rmtree(data_dir / "engine")
    asked = json.loads(typed(data_dir, "ask", QUESTION["question"], "--json"))
    assert asked["answer"] == f"{LUNCH} [1]"


def test_an_ingest_is_killed_again_and_again(tmp_path: Path, data_dir: Path) -> None:
    """Whatever is listed is whole and found; the last run ends with every document, each once."""
    for number in range(40):
        text = "\n\n".join(
            f"Part {part} of report {number} is about item{number}x{part}." * 8 for part in range(6)
        )
        (tmp_path / f"report-{number:02}.md").write_text(f"# Report {number}\n\n{text}\n", encoding="utf-8")
    for seconds in (2.5, 3.5, 4.5):
        ingest = subprocess.Popen(
            [sys.executable, "-m", "rag", "ingest", str(tmp_path)],
            env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        ingest.kill()
        ingest.wait(10)
    files = json.loads(typed(data_dir, "ingest", "--json", str(tmp_path)))["files"]
    assert {file["outcome"] for file in files} <= {"added", "unchanged"}
    listed = json.loads(typed(data_dir, "documents", "list", "--json"))
    reports = [row["source"] for row in listed if row["source"].startswith("report")]
    assert sorted(reports) == sorted(file["source"] for file in files)
    points, chunks = asyncio.run(points_and_chunks(data_dir))
    assert points == chunks == sum(row["chunks"] for row in listed)
    found = json.loads(typed(data_dir, "search", "item17x5", "--json"))
    assert found[0]["source"] == "report-17.md"


async def points_and_chunks(data_dir: Path) -> tuple[int, int]:
    """Count what the index holds, and what the library does."""
    async with open_stores(load_settings({"RAG_DATA_DIR": str(data_dir)})) as stores:
        live = await stores.library.live_generation()
        assert live is not None
        return await stores.index.count(live.name), (await stores.library.counts()).chunks
