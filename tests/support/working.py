"""How do tests run workers on the jobs of a database?"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard
from rag.adapters.postgres.queue import JobConsumer, Patience
from rag.ports.jobs import FileResult, Job, Upload

FILES = [Upload("a.md", b"# A"), Upload("b.md", b"# B")]
BRIEF = Patience(attempts=3, deaths=3, retry_seconds=0.05, outage_seconds=0.05)

# A worker that takes a job, says so, and never comes to an end with it. It holds a lease, and in the middle
# of a write also the job's row, and a table that half a COPY has been sent to.
STUCK_WORKER = """
import asyncio, sys
import asyncpg
from rag.adapters.postgres import PostgresLeases, connect_for_leases, signed
from rag.adapters.postgres.queue import JobConsumer
copying = asyncio.Event()
async def half_a_copy():
    copying.set()
    yield b"half a row"
    await asyncio.sleep(600)
async def write(url, job_id):
    session = await asyncpg.connect(url.replace("+asyncpg", ""))
    async with session.transaction():
        await session.execute("UPDATE jobs SET attempts = attempts WHERE id = $1", job_id)
        await session.copy_to_table("index_removals", source=half_a_copy())
async def handle(job_id):
    url = signed(sys.argv[1])
    async with PostgresLeases(connect_for_leases(url)).hold("writing"):
        if sys.argv[2] == "half a write":
            writing = asyncio.ensure_future(write(url, job_id))
            await copying.wait()
        print("took", job_id, flush=True)
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            print("let go of", job_id, flush=True)
            raise
asyncio.run(JobConsumer(sys.argv[1], handle=handle, takeover_seconds=1.0).run())
"""


@asynccontextmanager
async def stuck_worker(
    database_url: str, job_id: UUID, *, holding: str = "a lease"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker in a process of its own, and wait until it has taken the job."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK_WORKER, database_url, holding, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    assert await worker.stdout.readline() == f"took {job_id}\n".encode()
    try:
        yield worker
    finally:
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


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


async def worked_off(database_url: str, board: PostgresJobBoard, job_id: UUID) -> Job:
    """Run a worker that ingests, until a job has ended."""
    handle = ingesting(board, Counter())
    async with working(JobConsumer(database_url, handle=handle, patience=BRIEF, takeover_seconds=1.0)):
        return await ended(board, job_id)


def ingesting(board: PostgresJobBoard, seen: Counter[UUID]) -> Callable[[UUID], Awaitable[None]]:
    """Make a handler that works through a job's files as ingestion does."""

    async def handle(job_id: UUID) -> None:
        seen[job_id] += 1
        for upload in await board.start(job_id):
            await board.record(job_id, FileResult(upload.name, "added", None, 1, 0.0, None))
        await board.finish(job_id)

    return handle


async def queued(pool: AsyncEngine) -> int:
    """Count what the queue holds."""
    async with pool.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM pgqueuer")) or 0)
