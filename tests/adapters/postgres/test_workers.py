"""Is every job worked on, whichever worker dies, sleeps or is stopped?"""

import asyncio
import signal
import time
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard, PostgresLeases, connect_for_leases
from rag.adapters.postgres.queue import JobConsumer, Patience
from rag.ports.jobs import FileResult, JobState
from tests.support.working import FILES, ended, ingesting, stuck_worker, working


async def test_a_killed_workers_job_is_taken_over(database_url: str, board: PostgresJobBoard) -> None:
    """After kill -9 another worker takes the job within moments, and does what is left of it."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    async with stuck_worker(database_url, job.id) as worker:
        worker.kill()
        await worker.wait()
    began = time.monotonic()
    async with working(JobConsumer(database_url, handle=ingesting(board, seen), takeover_seconds=1.0)):
        assert (await ended(board, job.id)).state is JobState.SUCCEEDED
    assert time.monotonic() - began < 10  # most of it is this machine being busy
    assert seen == {job.id: 1}


async def test_a_sleeping_workers_job_is_taken_over(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """What it holds is taken from it, and when it wakes it lets go of the job and ends no other's work."""
    job = await board.submit(FILES)
    hold = PostgresLeases(connect_for_leases(database_url)).hold
    ingest = ingesting(board, Counter())
    awake = asyncio.Event()

    async def handle(job_id: UUID) -> None:
        async with asyncio.timeout(10), hold("writing"), pool.begin() as connection:
            await connection.execute(text("LOCK TABLE index_removals"))
            await connection.rollback()
            sleeper.send_signal(signal.SIGCONT)
            await awake.wait()
            await ingest(job_id)

    async with stuck_worker(database_url, job.id, holding="half a write") as sleeper:
        sleeper.send_signal(signal.SIGSTOP)
        async with working(JobConsumer(database_url, handle=handle, worker="other", takeover_seconds=1.0)):
            assert sleeper.stdout is not None
            async with asyncio.timeout(20):
                while await sleeper.stdout.readline() != f"let go of {job.id}\n".encode():
                    continue  # it logs before that it lost the job
            running = await board.job(job.id)
            assert (running.state, running.worker) == (JobState.QUEUED, None)  # nobody has started it yet
            awake.set()
            done = await ended(board, job.id)
    assert [each.outcome for each in done.results] == ["added", "added"]


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
    going = JobConsumer(database_url, handle=handle, takeover_seconds=60, grace_seconds=0.1)
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


async def test_a_stopped_worker_ends_what_is_in_work(database_url: str, board: PostgresJobBoard) -> None:
    """A handler that looks whether it may go on ends its file in its grace, and the rest goes back."""
    job = await board.submit(FILES)
    stopped = asyncio.Event()

    async def one_file(job_id: UUID) -> None:
        (first, *_) = await board.start(job_id)
        consumer.stop()
        assert stopped.is_set()
        await asyncio.sleep(0.2)
        await board.record(job_id, FileResult(first.name, "added", None, 1, 0.0, None))

    consumer = JobConsumer(database_url, handle=one_file, takeover_seconds=60, stopped=stopped)
    await asyncio.wait_for(consumer.run(), 10)
    left = await board.job(job.id)
    assert ([each.name for each in left.results], left.finished_at) == (["a.md"], None)
    seen: Counter[UUID] = Counter()
    async with working(JobConsumer(database_url, handle=ingesting(board, seen))):
        assert (await ended(board, job.id)).done == 2


async def test_a_worker_may_end_with_the_queue(database_url: str, board: PostgresJobBoard) -> None:
    """Asked to, it works until no job is left, and does not wait for one that another is busy with."""
    seen: Counter[UUID] = Counter()
    busy = await board.submit(FILES)
    async with stuck_worker(database_url, busy.id):
        jobs = [await board.submit(FILES) for _ in range(5)]
        consumer = JobConsumer(database_url, handle=ingesting(board, seen), until_empty=True)
        await asyncio.wait_for(consumer.run(), 20)
    # The other one, which takes two at a time, may have taken one of these as well.
    assert len(seen) >= 4
    assert seen == Counter(job.id for job in jobs if job.id in seen)
    assert (await board.job(busy.id)).finished_at is None


async def test_a_running_job_names_its_worker(database_url: str, board: PostgresJobBoard) -> None:
    """Whoever watches sees which process has it, and when it was last heard of."""
    job = await board.submit(FILES)
    async with stuck_worker(database_url, job.id) as worker:
        await board.start(job.id)
        heard = []
        for _ in range(2):
            running = await board.job(job.id)
            assert str(worker.pid) in str(running.worker)
            assert running.heard_at is not None
            heard.append(running.heard_at)
            await asyncio.sleep(1.5)
    assert heard[1] > heard[0]
