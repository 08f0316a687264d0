"""Several workers share the jobs of one library; killed, put to sleep or stopped, another goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.terminal import fresh_data_dir

TAKE_OVER_SECONDS = 30
FILES = 300


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory of this module's own."""
    return fresh_data_dir(tmp_path_factory)


def started(data_dir: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "rag", *arguments],
        env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]", event: str) -> dict[str, Any]:
    """Wait for a log line and give it."""
    assert process.stderr is not None
    for line in process.stderr:
        if f'"{event}"' in line:
            found: dict[str, Any] = json.loads(line)
            return found
    pytest.fail(f"{process.args!r} never said {event}")


@contextmanager
def running(data_dir: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a command, and end it if the test has not."""
    process = started(data_dir, *arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def client(data_dir: Path) -> Iterator[httpx.Client]:
    """A client of `rag serve --no-worker`."""
    with running(data_dir, "serve", "--port", "0", "--no-worker") as service:
        port = said(service, "listening")["port"]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client


def uploaded(client: httpx.Client, title: str) -> str:
    """Send a lot of small files, and give their job's id."""
    files = [
        (
            "files",
            (
                f"{title}-{number:03}.md",
                f"# {title} {number}\n\nItem {title}{number} is kept in hall {number}.",
            ),
        )
        for number in range(FILES)
    ]
    reply = client.post("/documents", files=files)
    assert reply.status_code == httpx.codes.ACCEPTED
    job_id: str = reply.json()["id"]
    return job_id


def job_when(client: httpx.Client, job_id: str, *, done: int, within: float) -> dict[str, Any]:
    """Wait until so many files of a job have an outcome."""
    deadline = time.monotonic() + within
    job: dict[str, Any] = {}
    while time.monotonic() < deadline:
        job = client.get(f"/jobs/{job_id}").json()
        if job["done"] >= done:
            return job
        time.sleep(0.05)
    pytest.fail(f"{job['done']} of {job['total']} files within {within} s")


def ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Wait for a job's end, which follows its last outcome."""
    deadline = time.monotonic() + 10
    job: dict[str, Any] = {"finished_at": None}
    while job["finished_at"] is None and time.monotonic() < deadline:
        job = client.get(f"/jobs/{job_id}").json()
    return job


def pid_in(worker: str) -> int:
    """Give the process id out of a worker's name, such as `host:4711-9f2c01`."""
    return int(worker.rpartition(":")[2].partition("-")[0])


def assert_each_once(client: httpx.Client, job: dict[str, Any], title: str) -> None:
    """Every file has one outcome and is one document; nobody finds it twice."""
    assert (job["state"], job["done"], job["failed"]) == ("succeeded", FILES, 0)
    assert len({file["name"] for file in job["files"]}) == FILES
    assert {file["outcome"] for file in job["files"]} <= {"added", "unchanged"}
    found = client.post("/search", json={"question": f"{title}17", "top_k": 20}).json()["passages"]
    assert [passage["source"] for passage in found].count(f"{title}-017.md") == 1


@pytest.fixture(scope="module")
def workers(client: httpx.Client, data_dir: Path) -> Iterator[dict[int, "subprocess.Popen[str]"]]:
    """Three running workers by their process ids: the tests of this module leave at least one."""
    assert client.get("/livez").status_code == httpx.codes.OK
    with ExitStack() as stack:
        processes = [stack.enter_context(running(data_dir, "work")) for _ in range(3)]
        for process in processes:
            said(process, "working")
        yield {process.pid: process for process in processes}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM], ids=lambda s: s.name)
def test_another_worker_goes_on(
    client: httpx.Client, workers: dict[int, "subprocess.Popen[str]"], ending: signal.Signals
) -> None:
    """Within a bounded time, with what is left; one that is stopped in good order leaves its job at once."""
    title = f"crane{ending.name.lower()}"
    job_id = uploaded(client, title)
    begun = job_when(client, job_id, done=1, within=120)
    assert begun["finished_at"] is None, "the job is too small for this test"
    gone = workers[pid_in(begun["worker"])]
    gone.send_signal(ending)
    if ending is signal.SIGTERM:
        assert gone.wait(30) == 0
    left = client.get(f"/jobs/{job_id}").json()["done"]
    job_when(client, job_id, done=min(left + 1, FILES), within=TAKE_OVER_SECONDS)
    job_when(client, job_id, done=FILES, within=200)
    job = ended(client, job_id)
    assert_each_once(client, job, title)
    if ending is signal.SIGSTOP:
        gone.send_signal(signal.SIGCONT)
        assert said(gone, "job_lost")["job_id"] == job_id
        assert client.get(f"/jobs/{job_id}").json() == job
        assert gone.poll() is None
