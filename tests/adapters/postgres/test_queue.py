"""Is every job worked on, whatever fails on the way?"""

import asyncio
import time
from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard
from rag.adapters.postgres.processes import process_name
from rag.adapters.postgres.queue import JobConsumer
from rag.domain.errors import UnavailableError
from rag.ports.jobs import FileResult, JobState, NothingToRetryError
from rag.ports.library import LibraryUnavailableError
from tests.support.working import BRIEF, FILES, ended, ingesting, queued, working


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


async def test_a_dead_neighbours_job_is_taken_over_at_once(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """Nobody waits for the silence of a worker whose process is known to be gone."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    machine = process_name().rpartition(":")[0]
    async with pool.begin() as connection:
        dead = {"worker": f"{machine}:{2**22 + 1}-abcdef"}
        await connection.execute(text("UPDATE jobs SET worker = :worker, attempts = 1"), dead)
        await connection.execute(
            text("UPDATE pgqueuer SET status = 'picked', heartbeat = now(), queue_manager_id = :id"),
            {"id": uuid4()},
        )
    began = time.monotonic()
    async with working(JobConsumer(database_url, handle=ingesting(board, seen), takeover_seconds=30.0)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED
    assert time.monotonic() - began < 10


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
    """An outage that outlasts a job's patience ends it."""

    async def handle(_: UUID) -> None:
        raise UnavailableError("The vector engine is away.")

    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET failing_since = now() - interval '2 days'"))
    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0, patience=BRIEF)):
        assert (await ended(board, job.id)).state is JobState.FAILED


@pytest.mark.parametrize("got_on", [False, True])
async def test_a_job_that_waited_long_survives_an_outage(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine, *, got_on: bool
) -> None:
    """What counts is how long it has failed in a row, not how old it is or when it failed before."""
    seen: Counter[UUID] = Counter()
    ingest = ingesting(board, seen)

    async def handle(job_id: UUID) -> None:
        if got_on:
            await board.record(job_id, FileResult("a.md", "added", None, 1, 0.0, None))
        if not seen[job_id]:
            seen[job_id] += 1
            raise UnavailableError("The vector engine is away.")
        await ingest(job_id)

    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET queued_at = now() - interval '2 days'"))
        if got_on:
            await connection.execute(text("UPDATE jobs SET failing_since = now() - interval '2 days'"))
    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0, patience=BRIEF)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED


async def test_bytes_of_failed_files_are_not_kept_for_ever(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """A worker drops them a week after the job's end, and the outcomes stay."""
    jobs = [await board.submit(FILES) for _ in range(2)]
    for job in jobs:
        for upload in FILES:
            await board.record(job.id, FileResult(upload.name, "failed", None, 0, 0.0, "It is broken."))
        await board.finish(job.id)
    async with pool.begin() as connection:
        old = text("UPDATE jobs SET finished_at = now() - interval '8 days' WHERE id = :id")
        await connection.execute(old, {"id": jobs[0].id})
    async with working(JobConsumer(database_url, handle=ingesting(board, Counter()))), asyncio.timeout(10):
        while await kept_files(pool) > 2:  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.05)
    with pytest.raises(NothingToRetryError):
        await board.retry(jobs[0].id)
    assert (await board.retry(jobs[1].id)).state is JobState.QUEUED


async def kept_files(pool: AsyncEngine) -> int:
    """Count the files whose bytes are kept."""
    async with pool.connect() as connection:
        counted = await connection.scalar(text("SELECT count(content) FROM job_files"))
    return int(counted or 0)


async def test_a_cancelled_job_is_not_begun(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """Its place in the queue is given up when its turn comes."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    await board.cancel(job.id)
    async with working(JobConsumer(database_url, handle=ingesting(board, seen))), asyncio.timeout(10):
        while await queued(pool):  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.05)
    assert not seen


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
