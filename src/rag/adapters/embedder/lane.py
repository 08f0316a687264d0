"""Where does the network's work wait and run, off the event loop?"""

import asyncio
import heapq
import itertools
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from rag.ports.models import EmbedderUnavailableError

G = TypeVar("G")
T = TypeVar("T")

# A caller keeps few batches waiting at a time, so only hundreds of callers at once can fill a queue.
MAX_WAITING: Final = 1024


class Lane:
    """A bounded queue and a few threads of its own; urgent work goes ahead of what waits.

    The threads end on `close()`, when the lane is forgotten, or when the program ends.
    """

    def __init__(self, name: str, *, threads: int, max_waiting: int = MAX_WAITING) -> None:
        self._queue = _Queue(name, max_waiting)
        workers = [
            threading.Thread(target=self._queue.work, name=f"embedder-{name}-{n}", daemon=True)
            for n in range(threads)
        ]
        # The threads hold the queue and not the lane, so that a forgotten lane can be collected.
        self._close = weakref.finalize(self, _stop, self._queue, workers)
        for worker in workers:
            worker.start()

    def submit(self, work: Callable[[], T], *, urgent: bool = False) -> "Future[T]":
        """This will queue `work`; cancelling its future before it starts takes it out of turn.

        Raises:
            EmbedderUnavailableError: the queue is full, or the lane is closed.
        """
        return self._queue.put(work, urgent=urgent)

    async def each(
        self, groups: Sequence[G], work: Callable[[G], T], *, at_once: int, urgent: bool = False
    ) -> list[T]:
        """This will run `work` on every group, a few at a time, so that no caller fills the queue.

        Raises:
            EmbedderUnavailableError: the queue is full, or the lane is closed.
        """
        done: dict[int, T] = {}
        left = iter(enumerate(groups))

        async def pull() -> None:
            for number, group in left:
                done[number] = await asyncio.wrap_future(self.submit(partial(work, group), urgent=urgent))

        pulls = [asyncio.ensure_future(pull()) for _ in islice(groups, at_once)]
        try:
            await asyncio.gather(*pulls)
        finally:
            for task in pulls:
                task.cancel()
        return [done[number] for number in range(len(groups))]

    def close(self) -> None:
        """This will fail what waits, let what runs finish, and stop the threads; again is harmless."""
        self._close()


class _Queue:
    """Work in order of urgency, then of arrival."""

    def __init__(self, name: str, max_waiting: int) -> None:
        self._name = name
        self._max_waiting = max_waiting
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int, Callable[[], object], Future[Any]]] = []
        self._numbers = itertools.count()
        self._closed = False

    def put(self, work: Callable[[], T], *, urgent: bool) -> "Future[T]":
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise EmbedderUnavailableError("The model is closed.")
            if len(self._waiting) >= self._max_waiting:
                raise EmbedderUnavailableError(f"{len(self._waiting)} {self._name} wait for the model.")
            heapq.heappush(self._waiting, (0 if urgent else 1, next(self._numbers), work, future))
            self._changed.notify()
        return future

    def work(self) -> None:
        while (job := self._take()) is not None:
            work, future = job
            if not future.set_running_or_notify_cancel():
                continue
            _run(work, future)
            # While it waits for more, the thread must not keep the last batch alive.
            del job, work, future

    def stop(self) -> None:
        with self._changed:
            self._closed = True
            left, self._waiting = self._waiting, []
            self._changed.notify_all()
        for _, _, _, future in left:
            if future.set_running_or_notify_cancel():
                future.set_exception(EmbedderUnavailableError("The model was closed before its turn."))

    def _take(self) -> tuple[Callable[[], object], "Future[Any]"] | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if not self._waiting:
                return None
            _, _, work, future = heapq.heappop(self._waiting)
            return work, future


def _run(work: Callable[[], object], future: "Future[Any]") -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised again where the future is awaited
        future.set_exception(error)


def _stop(queue: _Queue, workers: list[threading.Thread]) -> None:
    queue.stop()
    for worker in workers:
        # A lane may be collected by one of its own threads.
        if worker is not threading.current_thread():
            worker.join()
