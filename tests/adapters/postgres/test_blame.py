"""Does the file that kills its workers get the blame, and no other?"""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard
from rag.adapters.postgres.queue import JobConsumer
from rag.ports.jobs import FileResult, JobState, Upload
from tests.support.working import BRIEF, FILES, ended, ingesting, stuck_worker, worked_off, working

# As it stands after so many workers died of attempts that were made alone.
SUSPECT = "UPDATE jobs SET attempts = :deaths + 2, alone_deaths = :deaths"


async def test_a_file_that_takes_its_workers_down_fails_alone(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """Where worker after worker dies, the file that each read first is given up, and the others are done."""
    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text(SUSPECT), {"deaths": 3})
    after = await worked_off(database_url, board, job.id)
    assert after.state is JobState.SUCCEEDED
    assert [each.outcome for each in after.results] == ["failed", "added"]
    assert "3 workers ended" in str(after.results[0].error)


async def test_after_two_deaths_files_are_tried_one_by_one(
    board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """The next death tells which file it was; a file that is done makes the job unsuspicious again."""
    job = await board.submit([*FILES, Upload("c.md", b"c")])
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET attempts = 3"))
    assert [file.name for file in await board.start(job.id)] == ["a.md"]
    await board.record(job.id, FileResult("a.md", "added", None, 1, 0.0, None))
    assert [file.name for file in await board.start(job.id)] == ["b.md", "c.md"]


async def test_a_given_up_file_can_be_tried_again(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """Its bytes were kept, and its attempts count anew."""
    seen: Counter[UUID] = Counter()
    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text(SUSPECT), {"deaths": 9})
    async with working(
        JobConsumer(database_url, handle=ingesting(board, seen), takeover_seconds=1.0, patience=BRIEF)
    ):
        assert [each.outcome for each in (await ended(board, job.id)).results] == ["failed", "added"]
        await board.retry(job.id)
        assert [each.outcome for each in (await ended(board, job.id)).results] == ["added", "added"]
    assert seen == {job.id: 2}


async def test_a_death_beside_other_jobs_blames_nobody(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """However many workers died with it, a job that never ran alone loses no file."""
    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET attempts = 50, worker = 'dead'"))
    after = await worked_off(database_url, board, job.id)
    assert [each.outcome for each in after.results] == ["added", "added"]


@pytest.mark.parametrize("deaths", [0, 1])
async def test_only_a_death_alone_is_counted(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine, deaths: int
) -> None:
    """The worker that takes a killed one's job over counts the death when the job had that one to itself."""
    job = await board.submit(FILES)
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET attempts = :before"), {"before": deaths + 1})
    async with stuck_worker(database_url, job.id) as worker:
        worker.kill()
        await worker.wait()
    counted: list[object] = []

    async def handle(job_id: UUID) -> None:
        async with pool.connect() as connection:
            counted.append(await connection.scalar(text("SELECT alone_deaths FROM jobs")))
        for _ in FILES:  # the first time only the first file is given
            await ingesting(board, Counter())(job_id)

    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0)):
        await ended(board, job.id)
    assert counted[0] == deaths


async def test_a_suspect_runs_with_no_other_job_beside_it(
    database_url: str, board: PostgresJobBoard, pool: AsyncEngine
) -> None:
    """It waits until its worker has nothing else to do, and nothing else begins before it has ended."""
    busy: set[UUID] = set()
    beside: dict[UUID, int] = {}

    async def handle(job_id: UUID) -> None:
        busy.add(job_id)
        beside[job_id] = len(busy) - 1
        await asyncio.sleep(0.5)
        beside[job_id] = max(beside[job_id], len(busy) - 1)
        for _ in FILES:
            await ingesting(board, Counter())(job_id)
        busy.discard(job_id)

    jobs = [await board.submit(FILES) for _ in range(4)]
    async with pool.begin() as connection:
        await connection.execute(text("UPDATE jobs SET attempts = 2 WHERE id = :id"), {"id": jobs[1].id})
    async with working(JobConsumer(database_url, handle=handle, takeover_seconds=1.0)):
        for job in jobs:
            assert (await ended(board, job.id)).state is JobState.SUCCEEDED
    assert beside[jobs[1].id] == 0
    assert beside.keys() == {job.id for job in jobs}
