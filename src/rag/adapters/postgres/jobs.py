"""Where do uploads wait for their ingestion, and what has become of each file?"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rag.adapters.postgres.failures import library_failures
from rag.adapters.postgres.stored_text import storable
from rag.adapters.postgres.tables import job_files, jobs
from rag.ports.jobs import FileResult, Job, JobState, UnknownJobError, Upload

_FINISH: Final = text(
    """
    UPDATE jobs
    SET finished_at = now(),
        state = CASE WHEN total > 0 AND NOT EXISTS (
            SELECT FROM job_files WHERE job_id = :id AND outcome IS DISTINCT FROM 'failed'
        ) THEN 'failed' ELSE 'succeeded' END
    WHERE id = :id AND finished_at IS NULL
    """
)

_AGE: Final = func.extract("epoch", func.now() - jobs.c.started_at)
_JOB: Final = select(*jobs.columns, _AGE.label("seconds_running"))
_RESULTS: Final = (
    select(*(column for column in job_files.columns if column.name != "content"))
    .where(job_files.c.outcome.is_not(None))
    .order_by(job_files.c.position)
)


class PostgresJobBoard:
    """The jobs in PostgreSQL; implements `rag.ports.jobs.JobBoard`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def submit(self, uploads: Sequence[Upload]) -> Job:
        """This will store the job with its files and put it into the queue, in one transaction.

        Files of one name get different ones, such as `a.md` and `a (2).md`.
        """
        from rag.adapters.postgres.queue import enqueue  # noqa: PLC0415 - pgqueuer takes 0.15 s to import

        job_id = uuid4()
        names = distinct_names([storable(upload.name) for upload in uploads])
        files = [
            {"job_id": job_id, "position": position, "name": name, "content": upload.content}
            for position, (name, upload) in enumerate(zip(names, uploads, strict=True))
        ]
        new = {"id": job_id, "state": JobState.QUEUED.value, "total": len(files)}
        async with self._transaction() as connection:
            stored = await connection.execute(insert(jobs).values(new).returning(*jobs.columns))
            if files:
                await connection.execute(insert(job_files), files)
            await enqueue(connection, job_id)
            return _job_of(stored.mappings().one(), (), seconds_running=None)

    async def job(self, job_id: UUID) -> Job:
        """This will show a job."""
        async with self._transaction() as connection:
            row = (await connection.execute(_JOB.where(jobs.c.id == job_id))).mappings().first()
            if row is None:
                raise UnknownJobError(f"There is no job {job_id}.")
            results = await connection.execute(_RESULTS.where(job_files.c.job_id == job_id))
            return _job_of(
                row,
                tuple(_result_of(result) for result in results.mappings()),
                seconds_running=row["seconds_running"],
            )

    async def start(self, job_id: UUID) -> Sequence[Upload]:
        """This will mark a job as running, unless it has ended, and give its files that have no outcome yet.

        Raises:
            UnknownJobError: it does not exist.
        """
        running = update(jobs).where(jobs.c.id == job_id, jobs.c.finished_at.is_(None))
        began = func.coalesce(jobs.c.started_at, func.now())
        open_files = (
            select(job_files.c.name, job_files.c.content)
            .where(job_files.c.job_id == job_id, job_files.c.outcome.is_(None))
            .order_by(job_files.c.position)
        )
        async with self._transaction() as connection:
            await connection.execute(running.values(state=JobState.RUNNING.value, started_at=began))
            if await connection.scalar(select(jobs.c.id).where(jobs.c.id == job_id)) is None:
                raise UnknownJobError(f"There is no job {job_id}.")
            return [Upload(row.name, row.content) for row in await connection.execute(open_files)]

    async def record(self, job_id: UUID, result: FileResult) -> None:
        """This will store a file's outcome and drop its bytes."""
        this = (
            (job_files.c.job_id == job_id)
            & (job_files.c.name == storable(result.name))
            & job_files.c.outcome.is_(None)
        )
        outcome = {
            "content": None,
            "outcome": result.outcome,
            "document_id": result.document_id,
            "chunks": result.chunks,
            "seconds": result.seconds,
            "error": storable(result.error),
        }
        async with self._transaction() as connection:
            await connection.execute(update(job_files).where(this).values(outcome))

    async def finish(self, job_id: UUID) -> None:
        """This will end a job; one that has ended stays as it is."""
        async with self._transaction() as connection:
            await connection.execute(_FINISH, {"id": job_id})

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with library_failures():
            async with self._engine.begin() as connection:
                yield connection


async def consume_jobs(database_url: str, *, handle: Callable[[UUID], Awaitable[None]]) -> None:
    """This will hand each job to `handle`, at least once, until it is cancelled; see `queue.JobConsumer`."""
    from rag.adapters.postgres.queue import JobConsumer  # noqa: PLC0415 - pgqueuer takes 0.15 s to import

    await JobConsumer(database_url, handle=handle).run()


def distinct_names(names: Sequence[str]) -> list[str]:
    """This will tell files of one name apart, since an outcome names its file.

    >>> distinct_names(["a.md", "a.md", "b", "b"])
    ['a.md', 'a (2).md', 'b', 'b (2)']
    """
    taken: dict[str, None] = {}  # a set that keeps its order
    for name in names:
        stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
        fresh, copy = name, 1
        while fresh in taken:
            copy += 1
            fresh = f"{stem} ({copy}){dot}{ending}"
        taken[fresh] = None
    return list(taken)


def _job_of(row: RowMapping, results: tuple[FileResult, ...], *, seconds_running: float | None) -> Job:
    state = JobState(row["state"])
    seconds_left = None
    if state is JobState.RUNNING and seconds_running is not None and results:
        seconds_left = float(seconds_running) / len(results) * (row["total"] - len(results))
    return Job(
        id=row["id"],
        state=state,
        total=row["total"],
        results=results,
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        seconds_left=seconds_left,
    )


def _result_of(row: RowMapping) -> FileResult:
    return FileResult(
        name=row["name"],
        outcome=row["outcome"],
        document_id=row["document_id"],
        chunks=row["chunks"],
        seconds=row["seconds"],
        error=row["error"],
    )
