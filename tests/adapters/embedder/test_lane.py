"""Work waits in order of urgency, within bounds, in threads that end."""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rag.adapters.embedder.lane import Lane
from rag.ports.models import EmbedderUnavailableError


@contextmanager
def busy(lane: Lane) -> Iterator[None]:
    """Keep the lane's only thread at work until the block ends."""
    started, release = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        release.wait(10)

    lane.submit(work)
    assert started.wait(10)
    try:
        yield
    finally:
        release.set()


@pytest.fixture
def lane() -> Iterator[Lane]:
    """Open a lane with one thread and room for four."""
    lane = Lane("tests", threads=1, max_waiting=4)
    yield lane
    lane.close()


def test_urgent_work_goes_first(lane: Lane) -> None:
    """What is urgent goes ahead of all that waits; equals go in order of arrival."""
    order: list[str] = []
    with busy(lane):
        futures = [
            lane.submit(lambda name=name: order.append(name), urgent=urgent)  # type: ignore[misc]
            for name, urgent in [("a", False), ("b", False), ("c", True), ("d", True)]
        ]
    for future in futures:
        future.result(10)
    assert order == ["c", "d", "a", "b"]


def test_a_full_queue_refuses(lane: Lane) -> None:
    """More than may wait is refused at once, and later there is room again."""
    with busy(lane):
        futures = [lane.submit(lambda: None) for _ in range(4)]
        with pytest.raises(EmbedderUnavailableError, match="4 tests wait"):
            lane.submit(lambda: None)
    for future in futures:
        future.result(10)
    assert lane.submit(lambda: 5).result(10) == 5


def test_an_error_reaches_its_caller_only(lane: Lane) -> None:
    """Work that fails fails its own future, and the thread goes on."""
    with pytest.raises(ZeroDivisionError):
        lane.submit(lambda: 1 // 0).result(10)
    assert lane.submit(lambda: 6).result(10) == 6


def test_cancelled_work_is_not_done(lane: Lane) -> None:
    """What is cancelled while it waits never runs."""
    ran: list[int] = []
    with busy(lane):
        future = lane.submit(lambda: ran.append(1))
        assert future.cancel()
    lane.submit(lambda: None).result(10)
    assert ran == []


def test_closing_fails_what_waits(lane: Lane) -> None:
    """Work that was not begun learns that the lane closed."""
    with busy(lane):
        future = lane.submit(lambda: None)
        closing = threading.Thread(target=lane.close)
        closing.start()
        with pytest.raises(EmbedderUnavailableError, match="closed before"):
            future.result(10)
    closing.join(10)
    with pytest.raises(EmbedderUnavailableError, match="is closed"):
        lane.submit(lambda: None)


def test_a_forgotten_lane_ends_its_threads() -> None:
    """Threads do not outlive a lane that nobody holds."""
    lane = Lane("forgotten", threads=2)
    lane.submit(lambda: None).result(10)
    del lane
    gc.collect()
    deadline = time.monotonic() + 10
    while any("forgotten" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_ends_without_closing() -> None:
    """A program that forgot to close ends all the same, and quietly."""
    code = (
        "from rag.adapters.embedder.lane import Lane\n"
        "lane = Lane('left', threads=2)\n"
        "print(lane.submit(lambda: 7).result())"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert (outcome.stdout, outcome.stderr) == ("7\n", "")
