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
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.ports.driver import Driver
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres.connection import connect
from rag.adapters.postgres.failures import library_failures
from rag.adapters.postgres.queue_names import ENTRYPOINT, QUEUE_NAMES
from rag.adapters.postgres.stored_text import storable
from rag.domain.errors import UnavailableError
from rag.ports.library import LibraryUnavailableError

_LEAST_CONCURRENCY: Final = 2  # pgqueuer wants twice the batch, and a batch here is one job
_MOST_SECONDS_BETWEEN_LOOKS: Final = 1.0
_STOPPED: Final = "The worker was stopped."

_log = structlog.get_logger(__name__)

_CLAIM: Final = """
    UPDATE jobs SET attempts = attempts + 1 WHERE id = $1 AND finished_at IS NULL
    RETURNING attempts, extract(epoch FROM now() - created_at)::float8 AS age
"""
_UNCLAIM: Final = "UPDATE jobs SET attempts = attempts - 1 WHERE id = $1 AND attempts > 0"
_GIVE_UP: Final = """
    WITH dropped AS (
        UPDATE job_files
        SET outcome = 'failed', content = NULL, chunks = 0, seconds = 0, error = $2
        WHERE job_id = $1 AND outcome IS NULL
    )
    UPDATE jobs SET state = 'failed', failure = $2, finished_at = now()
    WHERE id = $1 AND finished_at IS NULL
"""
_REMEMBER_FAILURE: Final = "UPDATE jobs SET failure = $2 WHERE id = $1"
_STRAYED: Final = """
    SELECT id FROM jobs
    WHERE finished_at IS NULL AND NOT EXISTS (
        SELECT FROM pgqueuer WHERE dedupe_key = jobs.id::text AND status IN ('queued', 'picked')
    )
    ORDER BY created_at LIMIT 1000
"""


async def enqueue(connection: AsyncConnection, job_id: UUID) -> None:
    """This will put a job into the queue within the transaction that `connection` has open."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await _put(_queries(AsyncpgDriver(driver)), job_id)


async def _put(queries: Queries, job_id: UUID) -> None:
    await queries.enqueue(ENTRYPOINT, job_id.bytes, dedupe_key=str(job_id), on_conflict="skip")


def _queries(driver: Driver) -> Queries:
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(QUEUE_NAMES),
        qbq=QueryQueueBuilder(QUEUE_NAMES),
        qbs=QuerySchedulerBuilder(QUEUE_NAMES),
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a job is tried.

    Attributes:
        attempts: how often it may fail, or take its worker down with it, before it is given up.
        retry_seconds: the pause before the second attempt; it doubles with each further one.
        outage_seconds: the pause while something we depend on is unavailable; that uses up no attempt.
        give_up_seconds: the age at which a job is given up even if all that stood in its way was an outage.
    """

    attempts: int = 5
    retry_seconds: float = 2.0
    outage_seconds: float = 15.0
    give_up_seconds: float = 86_400.0


@dataclass
class JobConsumer:
    """Takes jobs from the queue and hands each to `handle`, at least once, beside any number of its like.

    `handle` starts the job at the board, records its files and finishes it. It must leave the event loop
    free: a heartbeat that comes too late looks like a dead worker.

    Attributes:
        takeover_seconds: how long a worker may be silent before another one takes its jobs over.
        concurrency: how many jobs run at the same time here, 2 or more.
    """

    database_url: str
    handle: Callable[[UUID], Awaitable[None]] = field(kw_only=True)
    takeover_seconds: float = field(default=15.0, kw_only=True)
    concurrency: int = field(default=2, kw_only=True)
    patience: Patience = field(default_factory=Patience, kw_only=True)
    reconnect_seconds: float = field(default=1.0, kw_only=True)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _running: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _manager: QueueManager | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.concurrency < _LEAST_CONCURRENCY:
            raise ValueError(f"concurrency is {self.concurrency}, but must be {_LEAST_CONCURRENCY} or more.")

    async def run(self) -> None:
        """This will work on jobs until cancelled or stopped, and connect again when PostgreSQL was away."""
        while not self._stopped.is_set():
            try:
                with library_failures():
                    await self._work()
            except LibraryUnavailableError as failure:
                _log.warning("job_queue_unreachable", reason=str(failure))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), self.reconnect_seconds)

    def stop(self) -> None:
        """This will end `run` soon: jobs in work go back into the queue at once."""
        self._stopped.set()
        if self._manager is not None:
            self._manager.shutdown.set()
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
        queries = _queries(driver)
        manager = QueueManager(queries, channel=QUEUE_NAMES.channel)

        async def work(queued: QueuedJob) -> None:
            await self._attempt(driver, queued)

        manager.entrypoint(ENTRYPOINT, accepts_context=False)(work)
        self._manager = manager
        consuming = asyncio.create_task(self._poll_queue(manager))
        sweeping = asyncio.create_task(self._sweep(driver, queries))
        try:
            await asyncio.shield(consuming)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait({consuming}, timeout=self.takeover_seconds)
            raise
        finally:
            self._manager = None
            for task in (sweeping, consuming):
                task.cancel()
            await asyncio.gather(sweeping, consuming, return_exceptions=True)

    async def _poll_queue(self, manager: QueueManager) -> None:
        if self._stopped.is_set():
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

    async def _sweep(self, driver: AsyncpgDriver, queries: Queries) -> None:
        """Put jobs back that the queue has lost sight of, such as by an error while it noted another."""
        while True:
            try:
                with library_failures():
                    for row in await driver.fetch(_STRAYED):
                        await _put(queries, UUID(str(row["id"])))
            except LibraryUnavailableError as failure:
                _log.warning("job_sweep_failed", reason=str(failure))
            await asyncio.sleep(max(self.takeover_seconds, 1.0))

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
        if self._stopped.is_set():
            raise RetryRequested(timedelta(0), _STOPPED)
        claim = await driver.fetch(_CLAIM, job_id)
        if not claim:
            return  # it has ended, and the queue did not hear of it
        attempt, age = int(str(claim[0]["attempts"])), float(str(claim[0]["age"]))
        if attempt > self.patience.attempts:
            await self._give_up(driver, job_id, reason=f"{attempt - 1} attempts did not come to an end.")
            return
        task = asyncio.ensure_future(self.handle(job_id))
        self._running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._running.discard(task)
            task.cancel()
        await self._settle(driver, job_id, task, attempt=attempt, age=age)

    async def _settle(
        self, driver: AsyncpgDriver, job_id: UUID, task: asyncio.Task[None], *, attempt: int, age: float
    ) -> None:
        if task.cancelled() and self._stopped.is_set():
            await driver.execute(_UNCLAIM, job_id)
            raise RetryRequested(timedelta(0), _STOPPED)
        failure = asyncio.CancelledError("cancelled") if task.cancelled() else task.exception()
        if failure is None:
            return
        reason = storable(f"{type(failure).__name__}: {failure}")
        _log.warning("job_attempt_failed", job_id=str(job_id), attempt=attempt, exc_info=failure)
        await driver.execute(_REMEMBER_FAILURE, job_id, reason)
        outage = isinstance(failure, UnavailableError)
        if age > self.patience.give_up_seconds or (attempt >= self.patience.attempts and not outage):
            await self._give_up(driver, job_id, reason=reason)
            return
        if outage:
            await driver.execute(_UNCLAIM, job_id)
            raise RetryRequested(timedelta(seconds=self.patience.outage_seconds), reason)
        pause = self.patience.retry_seconds * 2.0 ** (attempt - 1)
        raise RetryRequested(timedelta(seconds=pause), reason)

    async def _give_up(self, driver: AsyncpgDriver, job_id: UUID, *, reason: str) -> None:
        _log.error("job_given_up", job_id=str(job_id), reason=reason)
        await driver.execute(_GIVE_UP, job_id, f"We gave up on this job. {reason}")
