"""Who works on the jobs, and what happens when a worker dies or a job keeps failing?"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from pgqueuer import AsyncpgDriver, QueueManager, RetryRequested
from pgqueuer import Job as QueuedJob
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres import queue_statements as sql
from rag.adapters.postgres.connection import connect
from rag.adapters.postgres.failures import library_failures
from rag.adapters.postgres.owned_queue import OwnedQueue, queue_of
from rag.adapters.postgres.processes import is_gone, process_name
from rag.adapters.postgres.queue_names import ENTRYPOINT, QUEUE_NAMES
from rag.adapters.postgres.stored_text import storable
from rag.adapters.postgres.suspects import ALONE_FROM_ATTEMPT, blame_first_file
from rag.adapters.postgres.turns import Turns
from rag.domain.errors import UnavailableError
from rag.ports.jobs import DAYS_KEPT
from rag.ports.library import LibraryUnavailableError

_LEAST_CONCURRENCY: Final = 2  # pgqueuer wants twice the batch, and a batch here is one job
_MOST_SECONDS_BETWEEN_LOOKS: Final = 1.0
_STOPPED: Final = "The worker was stopped."
_TAKEN: Final = "Another worker has the job, or it was queued anew."

_log = structlog.get_logger(__name__)


async def enqueue(connection: AsyncConnection, job_id: UUID) -> None:
    """This will put a job into the queue within the transaction that `connection` has open."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await _put(queue_of(AsyncpgDriver(driver)), job_id)


async def _put(queue: OwnedQueue, job_id: UUID) -> None:
    await queue.enqueue(ENTRYPOINT, job_id.bytes, dedupe_key=str(job_id), on_conflict="skip")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a job is tried.

    Attributes:
        attempts: how often it may fail without getting on before it is given up.
        deaths: how many workers may die while they try one and the same file, and do nothing else, before it
            is given up; many, because most are killed for reasons that no file has.
        retry_seconds: the pause before the second attempt; it doubles with each further one.
        outage_seconds: the pause while something we depend on is unavailable; that uses up no attempt.
        give_up_seconds: how long it may fail without getting on, even if all that stood in its way was an
            outage.
    """

    attempts: int = 5
    deaths: int = 10
    retry_seconds: float = 2.0
    outage_seconds: float = 15.0
    give_up_seconds: float = 86_400.0


@dataclass
class JobConsumer:
    """Takes jobs from the queue and hands each to `handle`, at least once, beside any number of its like.

    `handle` starts the job at the board, records its files and finishes it. It must leave the event loop
    free: a heartbeat that comes too late looks like a dead worker. A worker that was only asleep finds, when
    it wakes, that a job is not its own any more, and lets go of it.

    Attributes:
        worker: what this one is called at the jobs; no other that lives may be called the same.
        takeover_seconds: how long a worker may be silent before another one takes its jobs over.
        grace_seconds: how long `handle` may go on after `stop`; it can look at `stopped` and return early.
        until_empty: whether to stop when no job is left that another worker is not busy with.
        concurrency: how many jobs run at the same time here, 2 or more.
    """

    database_url: str
    handle: Callable[[UUID], Awaitable[None]] = field(kw_only=True)
    worker: str = field(default_factory=process_name, kw_only=True)
    takeover_seconds: float = field(default=10.0, kw_only=True)
    grace_seconds: float = field(default=10.0, kw_only=True)
    until_empty: bool = field(default=False, kw_only=True)
    concurrency: int = field(default=2, kw_only=True)
    patience: Patience = field(default_factory=Patience, kw_only=True)
    reconnect_seconds: float = field(default=1.0, kw_only=True)
    stopped: asyncio.Event = field(default_factory=asyncio.Event, kw_only=True)
    _running: set[asyncio.Future[None]] = field(default_factory=set, init=False)
    _turns: Turns = field(default_factory=Turns, init=False)
    _manager: QueueManager | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.concurrency < _LEAST_CONCURRENCY:
            raise ValueError(f"concurrency is {self.concurrency}, but must be {_LEAST_CONCURRENCY} or more.")

    async def run(self) -> None:
        """This will work on jobs until cancelled or stopped, and connect again when PostgreSQL was away."""
        while not self.stopped.is_set():
            try:
                with library_failures():
                    await self._work()
            except LibraryUnavailableError as failure:
                _log.warning("job_queue_unreachable", reason=str(failure))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopped.wait(), self.reconnect_seconds)

    def stop(self) -> None:
        """This will end `run` soon: jobs in work get their grace, and then go back into the queue."""
        self.stopped.set()
        if self._manager is not None:
            self._manager.shutdown.set()
        asyncio.get_running_loop().call_later(self.grace_seconds, self._cut_off)

    def _cut_off(self) -> None:
        for task in self._running:
            task.cancel()

    async def _work(self) -> None:
        engine = connect(self.database_url, pool_size=1, max_overflow=0)
        try:
            async with engine.connect() as connection:
                raw: Any = (await connection.get_raw_connection()).driver_connection
                await self._consume(AsyncpgDriver(raw))
        finally:
            await engine.dispose()

    async def _consume(self, driver: AsyncpgDriver) -> None:
        queue = queue_of(driver)
        manager = QueueManager(queue, channel=QUEUE_NAMES.channel)
        queue.owner = manager.queue_manager_id

        async def work(queued: QueuedJob) -> None:
            await self._attempt(driver, queued)

        manager.entrypoint(ENTRYPOINT, accepts_context=False)(work)
        self._manager = manager
        consuming = asyncio.create_task(self._poll_queue(manager))
        beside = [asyncio.create_task(self._sweep(driver, queue))]
        if self.until_empty:
            beside.append(asyncio.create_task(self._stop_when_empty(driver, manager)))
        try:
            await asyncio.shield(consuming)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait({consuming}, timeout=self.grace_seconds + self.takeover_seconds)
            raise
        finally:
            self._manager = None
            for task in (*beside, consuming):
                task.cancel()
            await asyncio.gather(*beside, consuming, return_exceptions=True)

    async def _poll_queue(self, manager: QueueManager) -> None:
        if self.stopped.is_set():
            return
        # A new job is announced; one that is to be tried again, or taken over, is only found by looking.
        poll = timedelta(seconds=min(_MOST_SECONDS_BETWEEN_LOOKS, self.takeover_seconds / 3))
        manager.min_dequeue_poll_interval = poll / 4
        try:
            await manager.run(
                dequeue_timeout=poll,
                batch_size=1,
                max_concurrent_tasks=self.concurrency,
                heartbeat_timeout=timedelta(seconds=self.takeover_seconds),
            )
        except RuntimeError as failure:
            raise LibraryUnavailableError(f"The job queue cannot be used ({failure}).") from failure

    async def _sweep(self, driver: AsyncpgDriver, queue: OwnedQueue) -> None:
        """Put jobs back that the queue has lost sight of, and drop bytes that nobody came back for."""
        while True:
            try:
                with library_failures():
                    await self._take_over_from_neighbours(driver)
                    for row in await driver.fetch(sql.STRAYED):
                        await _put(queue, UUID(str(row["id"])))
                    await driver.execute(sql.PURGE, DAYS_KEPT)
            except LibraryUnavailableError as failure:
                _log.warning("job_sweep_failed", reason=str(failure))
            await asyncio.sleep(max(self.takeover_seconds, 1.0))

    async def _take_over_from_neighbours(self, driver: AsyncpgDriver) -> None:
        """Need not wait for the silence of a worker whose process is known to be gone from this machine."""
        workers = [str(row["worker"]) for row in await driver.fetch(sql.WORKERS)]
        gone = [worker for worker in workers if worker != self.worker and is_gone(worker)]
        if gone:
            await driver.execute(sql.SILENCE, gone)

    async def _stop_when_empty(self, driver: AsyncpgDriver, manager: QueueManager) -> None:
        left: object = None
        while left != 0 or self._running:
            try:
                with library_failures():
                    rows = await driver.fetch(
                        sql.LEFT_FOR_US, manager.queue_manager_id, self.takeover_seconds
                    )
                    left = rows[0]["jobs"]
            except LibraryUnavailableError as failure:
                _log.warning("job_sweep_failed", reason=str(failure))
            await asyncio.sleep(_MOST_SECONDS_BETWEEN_LOOKS / 4)
        self.stop()

    async def _attempt(self, driver: AsyncpgDriver, queued: QueuedJob) -> None:
        job_id = UUID(bytes=queued.payload)
        try:
            with library_failures():
                await self._attempt_claimed(driver, job_id)
        except LibraryUnavailableError as failure:
            # Whatever we could not note, the job must stay in the queue. The queue stores what it is told, so
            # it is told nothing that PostgreSQL cannot hold.
            pause = timedelta(seconds=self.patience.outage_seconds)
            raise RetryRequested(pause, storable(str(failure))) from None

    async def _attempt_claimed(self, driver: AsyncpgDriver, job_id: UUID) -> None:
        rows = await driver.fetch(sql.BEFORE, job_id)
        if not rows:
            return  # it has ended, and the queue did not hear of it
        alone = int(str(rows[0]["attempts"])) + 1 >= ALONE_FROM_ATTEMPT
        async with self._turns.take(alone=alone):
            if self.stopped.is_set():
                raise RetryRequested(timedelta(0), _STOPPED)
            await self._relieve(driver, job_id, rows[0]["worker"])
            claim = await driver.fetch(sql.CLAIM, job_id, self.worker, alone)
            if not claim:
                return
            deaths = int(str(claim[0]["alone_deaths"]))
            if deaths >= self.patience.deaths:
                await blame_first_file(driver, job_id, deaths=deaths)
            task = asyncio.ensure_future(self.handle(job_id))
            await self._run_while_ours(driver, job_id, task)
            await self._settle(driver, job_id, task)

    async def _relieve(self, driver: AsyncpgDriver, job_id: UUID, before: object) -> None:
        """Take from a silent worker what it holds, be it the job's row: it may be asleep in a write."""
        if before is not None and before != self.worker:
            _log.warning("job_taken_over", job_id=str(job_id), worker=before)
            await driver.fetch(sql.END_SESSIONS, before, self.takeover_seconds / 3)

    async def _run_while_ours(self, driver: AsyncpgDriver, job_id: UUID, task: asyncio.Future[None]) -> None:
        running = asyncio.ensure_future(asyncio.wait({task}))
        losing = asyncio.ensure_future(self._until_lost(driver, job_id))
        self._running.add(task)
        try:
            await asyncio.wait({running, losing}, return_when=asyncio.FIRST_COMPLETED)
            if losing.done():
                losing.result()
                _log.warning("job_lost", job_id=str(job_id), worker=self.worker)
                raise RetryRequested(timedelta(0), _TAKEN)
        finally:
            self._running.discard(task)
            for each in (losing, task):
                each.cancel()
            await asyncio.wait({losing, running})
            if not task.cancelled():
                task.exception()  # asked for, so that nobody complains that it was not

    async def _until_lost(self, driver: AsyncpgDriver, job_id: UUID) -> None:
        """Wait until somebody else has claimed the job, or it was queued anew."""
        ours = True
        while ours:
            await asyncio.sleep(self.takeover_seconds / 3)
            rows = await driver.fetch(sql.IS_OURS, job_id, self.worker)
            ours = bool(rows) and bool(rows[0]["ours"])

    async def _settle(self, driver: AsyncpgDriver, job_id: UUID, task: asyncio.Future[None]) -> None:
        if self.stopped.is_set() and await self._was_cut_short(driver, job_id, task):
            await driver.execute(sql.UNCLAIM, job_id, self.worker)
            raise RetryRequested(timedelta(0), _STOPPED)
        failure = asyncio.CancelledError("cancelled") if task.cancelled() else task.exception()
        if failure is None:
            return
        outage = isinstance(failure, UnavailableError)
        reason = storable(f"{type(failure).__name__}: {failure}")
        rows = await driver.fetch(sql.NOTE_FAILURE, job_id, self.worker, reason, outage)
        if not rows:
            raise RetryRequested(timedelta(0), _TAKEN)
        failures, seconds = int(str(rows[0]["failures"])), float(str(rows[0]["failing_seconds"]))
        _log.warning("job_attempt_failed", job_id=str(job_id), failures=failures, exc_info=failure)
        if seconds > self.patience.give_up_seconds or (failures >= self.patience.attempts and not outage):
            await self._give_up(driver, job_id, reason=reason)
            return
        pause = self.patience.retry_seconds * 2.0 ** (failures - 1)
        raise RetryRequested(timedelta(seconds=self.patience.outage_seconds if outage else pause), reason)

    async def _was_cut_short(self, driver: AsyncpgDriver, job_id: UUID, task: asyncio.Future[None]) -> bool:
        if task.cancelled():
            return True
        rows = await driver.fetch(sql.IS_OPEN, job_id)
        return task.exception() is None and bool(rows) and bool(rows[0]["open"])

    async def _give_up(self, driver: AsyncpgDriver, job_id: UUID, *, reason: str) -> None:
        _log.error("job_given_up", job_id=str(job_id), reason=reason)
        await driver.execute(sql.GIVE_UP, job_id, f"We gave up on this job. {reason}")
