"""Is every job worked on, whoever dies or fails on the way?"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard
from rag.adapters.postgres.queue import JobConsumer, Patience
from rag.domain.errors import UnavailableError
from rag.ports.jobs import FileResult, Job, JobState, Upload
from rag.ports.library import LibraryUnavailableError

FILES = [Upload("a.md", b"# A"), Upload("b.md", b"# B")]
BRIEF = Patience(attempts=3, retry_seconds=0.05, outage_seconds=0.05)

# A worker that takes a job, says so, and never comes to an end with it.
STUCK_WORKER = """
import asyncio, sys
from rag.adapters.postgres.queue import JobConsumer
async def handle(job_id):
    print("took", job_id, flush=True)
    await asyncio.sleep(600)
asyncio.run(JobConsumer(sys.argv[1], handle=handle, takeover_seconds=1.0).run())
"""


@asynccontextmanager
async def working(consumer: JobConsumer) -> AsyncIterator[JobConsumer]:
    """Run a consumer beside the test."""
    running = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        consumer.stop()
        await asyncio.wait_for(running, 20)


async def ended(board: PostgresJobBoard, job_id: UUID, *, within: float = 20) -> Job:
    """Wait until a job has ended."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        job = await board.job(job_id)
        if job.finished_at is not None:
            return job
        await asyncio.sleep(0.02)
    raise TimeoutError(job_id)


def ingesting(board: PostgresJobBoard, seen: Counter[UUID]) -> Callable[[UUID], Awaitable[None]]:
    """Make a handler that works through a job's files as ingestion does."""

    async def handle(job_id: UUID) -> None:
        seen[job_id] += 1
        for upload in await board.start(job_id):
            await board.record(job_id, FileResult(upload.name, "added", None, 1, 0.0, None))
        await board.finish(job_id)

    return handle


@pytest.fixture
def board(pool: AsyncEngine) -> PostgresJobBoard:
    """An empty job board."""
    return PostgresJobBoard(pool)


async def queued(pool: AsyncEngine) -> int:
    """Count what the queue holds."""
    async with pool.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM pgqueuer")) or 0)


async def test_several_consumers_share_the_jobs(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """Jobs submitted before and after the workers came are each done once, and leave the queue empty."""
    seen: Counter[UUID] = Counter()
    early = [await board.submit(FILES) for _ in range(4)]
    one, two = (JobConsumer(database_url, handle=ingesting(board, seen)) for _ in range(2))
    async with working(one), working(two):
        late = [await board.submit(FILES) for _ in range(4)]
        jobs = [await ended(board, job.id) for job in (*early, *late)]
    assert {(job.state, job.done) for job in jobs} == {(JobState.SUCCEEDED, 2)}
    assert seen == Counter(job.id for job in jobs)
    assert await queued(pool) == 0


async def test_a_job_that_cannot_be_queued_is_not_stored(board: PostgresJobBoard, pool: AsyncEngine) -> None:
    """The job and its place in the queue are one transaction: there is never one without the other."""
    async with pool.begin() as connection:
        await connection.execute(text("ALTER TABLE pgqueuer RENAME TO elsewhere"))
    with pytest.raises(LibraryUnavailableError):
        await board.submit(FILES)
    async with pool.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM jobs")) == 0


async def test_a_killed_workers_job_is_taken_over(database_url: str, board: PostgresJobBoard) -> None:
    """After kill -9 another worker takes the job within moments, and does what is left of it."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK_WORKER, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    assert await worker.stdout.readline() == f"took {job.id}\n".encode()
    worker.kill()
    await worker.wait()
    began = time.monotonic()
    async with working(JobConsumer(database_url, handle=ingesting(board, seen), takeover_seconds=1.0)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED
    assert time.monotonic() - began < 10  # most of it is this machine being busy
    assert seen == {job.id: 1}


async def test_a_failing_job_is_tried_again_and_then_given_up(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """A job whose handler fails is tried so many times, then FAILED with the reason at its open files."""
    tries = []

    async def handle(job_id: UUID) -> None:
        tries.append(job_id)
        await board.start(job_id)
        await board.record(job_id, FileResult("a.md", "added", None, 1, 0.0, None))
        raise ValueError("the parser \x00 choked")

    job = await board.submit(FILES)
    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0, patience=BRIEF)):
        given_up = await ended(board, job.id)
    assert tries == [job.id] * 3
    assert given_up.state is JobState.FAILED
    assert [each.outcome for each in given_up.results] == ["added", "failed"]
    assert "ValueError: the parser" in str(given_up.results[1].error)
    assert await queued(pool) == 0


async def test_a_job_that_takes_its_workers_down_is_given_up(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """A job under which worker after worker dies is not handed to one more for ever."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET attempts = 3"))
    async with working(JobConsumer(database_url, handle=ingesting(board, seen), patience=BRIEF)):
        given_up = await ended(board, job.id)
    assert (given_up.state, given_up.done, seen) == (JobState.FAILED, 2, Counter())
    assert "3 attempts" in str(given_up.results[0].error)


async def test_an_outage_uses_up_no_attempt(database_url: str, board: PostgresJobBoard) -> None:
    """While something we depend on is away a job waits, however often it is tried."""
    seen: Counter[UUID] = Counter()
    ingest = ingesting(board, seen)

    async def handle(job_id: UUID) -> None:
        if seen[job_id] < 6:
            seen[job_id] += 1
            raise UnavailableError("The vector engine is away.")
        await ingest(job_id)

    job = await board.submit(FILES)
    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0, patience=BRIEF)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED
    assert seen[job.id] == 7


async def test_a_job_is_not_tried_for_ever(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """An outage that outlasts the job's time ends it."""

    async def handle(_: UUID) -> None:
        raise UnavailableError("The vector engine is away.")

    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET created_at = now() - interval '2 days'"))
    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0, patience=BRIEF)):
        assert (await ended(board, job.id)).state is JobState.FAILED


@pytest.mark.parametrize("ending", ["stopped", "cancelled"])
async def test_a_stopped_worker_gives_its_job_back(
    database_url: str, board: PostgresJobBoard, ending: str
) -> None:
    """A worker that is asked to go leaves its job to the next one at once, and no attempt is used up."""
    seen: Counter[UUID] = Counter()
    begun = asyncio.Event()

    async def handle(_: UUID) -> None:
        begun.set()
        await asyncio.sleep(600)

    job = await board.submit(FILES)
    going = JobConsumer(database_url, handle=handle, takeover_seconds=60)
    running = asyncio.create_task(going.run())
    await asyncio.wait_for(begun.wait(), 10)
    if ending == "stopped":
        going.stop()
        await asyncio.wait_for(running, 10)
    else:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    only_one = Patience(attempts=1)
    async with working(JobConsumer(database_url, handle=ingesting(board, seen), patience=only_one)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED
    assert seen == {job.id: 1}


async def test_a_lost_connection_is_made_again(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """A worker whose session was ended by an operator goes on working."""
    seen: Counter[UUID] = Counter()
    consumer = JobConsumer(
        database_url, handle=ingesting(board, seen), takeover_seconds=1.0, reconnect_seconds=0.05
    )
    async with working(consumer):
        await ended(board, (await board.submit(FILES)).id)
        async with pool.connect() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        assert (await ended(board, (await board.submit(FILES)).id)).state is JobState.SUCCEEDED


async def test_a_job_that_the_queue_lost_is_put_back(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """An open job that stands in no queue, for whatever reason, is found and done."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("DELETE FROM pgqueuer"))
    async with working(JobConsumer(database_url, handle=ingesting(board, seen), takeover_seconds=1.0)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED


def test_a_consumer_takes_two_jobs_at_least() -> None:
    """A concurrency that the queue cannot keep is refused at the start, not in the middle."""

    async def handle(_: UUID) -> None:
        """Do nothing."""

    with pytest.raises(ValueError, match="concurrency"):
        JobConsumer("postgresql://rag@/rag", handle=handle, concurrency=1)
