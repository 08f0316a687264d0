"""Where do uploads wait for their ingestion, and what has become of each file?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rag.adapters.postgres.failures import library_failures
from rag.adapters.postgres.job_rows import (
    JOBS_BY_STATE,
    NAMES,
    ONE_JOB,
    PAGE_OF_JOBS,
    RESULTS,
    SUPERSEDED,
    TAKE_OUT,
    WAITING,
    WAITS,
    backlog_of,
    job_of,
    result_of,
    rows_of,
)
from rag.adapters.postgres.job_statements import (
    CANCEL_FILES,
    CANCEL_JOB,
    FINISH,
    RECORD,
    RETRY_FILES,
    RETRY_JOB,
)
from rag.adapters.postgres.stored_text import storable
from rag.adapters.postgres.suspects import ALONE_FROM_ATTEMPT, FORGIVE, tried_alone
from rag.adapters.postgres.tables import job_files, jobs
from rag.domain.distinct_names import distinct_names
from rag.ports.jobs import (
    Backlog,
    FileResult,
    Job,
    JobEndedError,
    JobNotEndedError,
    JobState,
    NothingToRetryError,
    UnknownJobError,
    Upload,
    WaitingFile,
)

_CONTENTS: Final = text(
    "SELECT name, content FROM job_files WHERE job_id = :id AND outcome IS NULL AND name = ANY(:names)"
)


class PostgresJobBoard:
    """The jobs in PostgreSQL; implements `rag.ports.jobs.JobBoard`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def submit(self, uploads: Sequence[Upload]) -> Job:
        """This will store the job with its files and put it into the queue, in one transaction.

        Files of one name get different ones, such as `a.md` and `a (2).md`.
        """
        job_id = uuid4()
        names = distinct_names([storable(upload.name) for upload in uploads])
        files = rows_of(job_id, names, uploads, first=0)
        new = {"id": job_id, "state": JobState.QUEUED.value, "total": len(files)}
        async with self._transaction() as connection:
            await connection.execute(insert(jobs).values(new))
            if files:
                await connection.execute(insert(job_files), files)
            await _enqueue(connection, job_id)
            return await _shown(connection, job_id)

    async def job(self, job_id: UUID, *, with_results: bool = True) -> Job:
        """This will show a job."""
        async with self._transaction() as connection:
            return await _shown(connection, job_id, with_results=with_results)

    async def jobs(
        self, *, state: JobState | None = None, limit: int = 100, after: UUID | None = None
    ) -> Sequence[Job]:
        """This will list jobs without results, the newest first."""
        wanted = {"state": state.value if state else None, "limit": limit, "after": after}
        async with self._transaction() as connection:
            if after is not None and not await _exists(connection, after):
                raise _unknown(after)
            found = (await connection.execute(PAGE_OF_JOBS, wanted)).mappings().all()
            return [job_of(row) for row in found]

    async def backlog(self) -> Backlog:
        """This will count the jobs, and what waits."""
        async with self._transaction() as connection:
            states = (await connection.execute(JOBS_BY_STATE)).mappings().all()
            return backlog_of(list(states), (await connection.execute(WAITING)).mappings().one())

    async def start(self, job_id: UUID) -> Sequence[WaitingFile]:
        """This will mark a job as running, unless it has ended, and name its files that have no outcome yet.

        Raises:
            UnknownJobError: it does not exist.
        """
        unless_ended = update(jobs).where(jobs.c.id == job_id, jobs.c.finished_at.is_(None))
        began = func.coalesce(jobs.c.started_at, func.now())
        waiting = (
            select(job_files.c.name, job_files.c.size_bytes)
            .where(job_files.c.job_id == job_id, job_files.c.outcome.is_(None))
            .order_by(job_files.c.position)
        )
        async with self._transaction() as connection:
            running = unless_ended.values(state=JobState.RUNNING.value, started_at=began)
            attempts = await connection.scalar(running.returning(jobs.c.attempts))
            if attempts is None:
                if not await _exists(connection, job_id):
                    raise _unknown(job_id)
                return []
            files = [WaitingFile(row.name, row.size_bytes) for row in await connection.execute(waiting)]
            return tried_alone(files) if attempts >= ALONE_FROM_ATTEMPT else files

    async def contents(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, bytes]:
        """This will read the bytes of waiting files; a file that waits no longer is left out."""
        wanted = {"id": job_id, "names": list(names)}
        async with self._transaction() as connection:
            return {row.name: row.content for row in await connection.execute(_CONTENTS, wanted)}

    async def superseded(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, UUID | None]:
        """This will name the waiting files that a job submitted later has taken in, with their documents."""
        wanted = {"id": job_id, "names": list(names)}
        async with self._transaction() as connection:
            return {row.name: row.document_id for row in await connection.execute(SUPERSEDED, wanted)}

    async def record(self, job_id: UUID, result: FileResult) -> bool:
        """This will store a file's outcome, and say whether the job still wants its files."""
        outcome = {
            "id": job_id,
            "name": storable(result.name),
            "outcome": str(result.outcome),
            "document_id": result.document_id,
            "chunks": result.chunks,
            "seconds": result.seconds,
            "error": storable(result.error),
            "error_code": result.error_code,
            "notes": [storable(note) for note in result.notes],
        }
        still_open = select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.finished_at.is_(None))
        async with self._transaction() as connection:
            recorded = await connection.execute(RECORD, outcome)
            if recorded.rowcount:
                await connection.execute(FORGIVE, {"id": job_id})
            return await connection.scalar(still_open) is not None

    async def expand(
        self, job_id: UUID, name: str, members: Sequence[Upload | FileResult], *, last: bool = True
    ) -> Sequence[str] | None:
        """This will put files that an archive holds at the end of the list, and with the last take it out."""
        archive = {"id": job_id, "name": storable(name)}
        async with self._transaction() as connection:
            await _lock(connection, job_id)
            if await connection.scalar(WAITS, archive) is None:
                return None
            taken = {row.name: row.position for row in await connection.execute(NAMES, archive)}
            new = [member for member in members if storable(member.name) not in taken]
            names = [storable(member.name) for member in new]
            if new:
                first = max(taken.values()) + 1
                await connection.execute(insert(job_files), rows_of(job_id, names, new, first=first))
                await connection.execute(FORGIVE, archive)
            if last:
                await connection.execute(TAKE_OUT, archive)
            total = len(taken) + len(new) - last
            await connection.execute(update(jobs).where(jobs.c.id == job_id).values(total=total))
            return names

    async def finish(self, job_id: UUID) -> None:
        """This will end a job when no file waits any more; one that has ended stays as it is."""
        async with self._transaction() as connection:
            await connection.execute(FINISH, {"id": job_id})

    async def cancel(self, job_id: UUID) -> Job:
        """This will end a job now; what is searchable stays."""
        async with self._transaction() as connection:
            state = await _lock(connection, job_id)
            if state in {JobState.QUEUED, JobState.RUNNING}:
                await connection.execute(CANCEL_FILES, {"id": job_id})
                await connection.execute(CANCEL_JOB, {"id": job_id})
            elif state is not JobState.CANCELLED:
                raise JobEndedError(f"The job {job_id} has {state.value} already.")
            return await _shown(connection, job_id)

    async def retry(self, job_id: UUID) -> Job:
        """This will queue an ended job again for the files that failed and whose bytes are kept."""
        async with self._transaction() as connection:
            state = await _lock(connection, job_id)
            if state in {JobState.QUEUED, JobState.RUNNING}:
                raise JobNotEndedError(f"The job {job_id} is still {state.value}.")
            if not (await connection.execute(RETRY_FILES, {"id": job_id})).rowcount:
                raise NothingToRetryError(f"The job {job_id} has no failed file whose bytes are kept.")
            await connection.execute(FORGIVE, {"id": job_id})
            await connection.execute(RETRY_JOB, {"id": job_id})
            await _enqueue(connection, job_id)
            return await _shown(connection, job_id)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with library_failures():
            async with self._engine.begin() as connection:
                yield connection


async def consume_jobs(
    database_url: str,
    *,
    handle: Callable[[UUID], Awaitable[None]],
    stopped: asyncio.Event,
    until_empty: bool = False,
) -> None:
    """This will hand each job to `handle`, at least once, until it is cancelled; see `queue.JobConsumer`."""
    from rag.adapters.postgres.queue import JobConsumer  # noqa: PLC0415 - pgqueuer takes 0.15 s to import

    await JobConsumer(database_url, handle=handle, stopped=stopped, until_empty=until_empty).run()


async def _enqueue(connection: AsyncConnection, job_id: UUID) -> None:
    from rag.adapters.postgres.queue import enqueue  # noqa: PLC0415 - pgqueuer takes 0.15 s to import

    await enqueue(connection, job_id)


async def _shown(connection: AsyncConnection, job_id: UUID, *, with_results: bool = True) -> Job:
    row = (await connection.execute(ONE_JOB, {"id": job_id})).mappings().first()
    if row is None:
        raise _unknown(job_id)
    results = (await connection.execute(RESULTS, {"id": job_id})).mappings() if with_results else ()
    return job_of(row, tuple(result_of(result) for result in results))


async def _lock(connection: AsyncConnection, job_id: UUID) -> JobState:
    state = await connection.scalar(select(jobs.c.state).where(jobs.c.id == job_id).with_for_update())
    if state is None:
        raise _unknown(job_id)
    return JobState(state)


async def _exists(connection: AsyncConnection, job_id: UUID) -> bool:
    return await connection.scalar(select(jobs.c.id).where(jobs.c.id == job_id)) is not None


def _unknown(job_id: UUID) -> UnknownJobError:
    return UnknownJobError(f"There is no job {job_id}.")
