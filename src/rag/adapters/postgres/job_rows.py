"""How do the rows of jobs and of their files read as what the port speaks of?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, text

from rag.adapters.postgres.stored_text import storable
from rag.ports.jobs import Backlog, FileResult, Job, JobState, Progress, Upload

_COLUMNS: Final = """
    SELECT jobs.id, jobs.state, jobs.total, jobs.created_at, jobs.started_at, jobs.finished_at, jobs.worker,
        extract(epoch FROM coalesce(jobs.finished_at, now()) - jobs.started_at)::float8 AS seconds,
        counted.*, picked.heartbeat AS heard_at
    FROM jobs
    CROSS JOIN LATERAL (
        SELECT count(outcome) AS done,
            count(*) FILTER (WHERE outcome = 'failed') AS failed,
            coalesce(sum(size_bytes), 0)::bigint AS bytes_total,
            coalesce(sum(size_bytes) FILTER (WHERE outcome IS NOT NULL), 0)::bigint AS bytes_done,
            count(*) FILTER (WHERE timed) AS files_timed,
            coalesce(sum(size_bytes) FILTER (WHERE timed), 0)::bigint AS bytes_timed
        FROM (
            SELECT outcome, size_bytes, outcome <> 'cancelled' AND ended_at >= jobs.started_at AS timed
            FROM job_files WHERE job_id = jobs.id
        ) AS files
    ) AS counted
    LEFT JOIN pgqueuer AS picked ON picked.dedupe_key = jobs.id::text AND picked.status = 'picked'
"""

ONE_JOB: Final = text(f"{_COLUMNS} WHERE jobs.id = :id")
PAGE_OF_JOBS: Final = text(
    f"""
    {_COLUMNS}
    WHERE (CAST(:state AS text) IS NULL OR jobs.state = :state)
        AND (
            CAST(:after AS uuid) IS NULL
            OR (jobs.created_at, jobs.id) < (SELECT last.created_at, last.id FROM jobs AS last
                                             WHERE last.id = :after)
        )
    ORDER BY jobs.created_at DESC, jobs.id DESC LIMIT :limit
    """  # noqa: S608 - both parts are written above
)
RESULTS: Final = text(
    """
    SELECT name, outcome, document_id, chunks, seconds, error, notes, error_code
    FROM job_files WHERE job_id = :id AND outcome IS NOT NULL ORDER BY position
    """
)
# Of each of a job's waiting files the newest one that bears its name and was taken in by a later job.
SUPERSEDED: Final = text(
    """
    SELECT DISTINCT ON (ours.name) ours.name, newer.document_id
    FROM job_files AS ours
    JOIN jobs AS our_job ON our_job.id = ours.job_id
    JOIN job_files AS newer ON newer.name = ours.name AND newer.job_id <> ours.job_id
    JOIN jobs AS newer_job ON newer_job.id = newer.job_id
    WHERE ours.job_id = :id AND ours.outcome IS NULL AND ours.name = ANY(:names)
        AND newer.outcome IN ('added', 'changed', 'unchanged')
        AND (newer_job.created_at, newer_job.id) > (our_job.created_at, our_job.id)
    ORDER BY ours.name, newer_job.created_at DESC, newer_job.id DESC
    """
)
WAITS: Final = text("SELECT 1 FROM job_files WHERE job_id = :id AND name = :name AND outcome IS NULL")
NAMES: Final = text("SELECT name, position FROM job_files WHERE job_id = :id")
TAKE_OUT: Final = text("DELETE FROM job_files WHERE job_id = :id AND name = :name AND outcome IS NULL")
JOBS_BY_STATE: Final = text("SELECT state, count(*) AS jobs FROM jobs GROUP BY state")
WAITING: Final = text(
    """
    SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS size_bytes
    FROM job_files JOIN jobs ON jobs.id = job_id WHERE outcome IS NULL AND finished_at IS NULL
    """
)


def job_of(row: RowMapping, results: tuple[FileResult, ...] = ()) -> Job:
    """This will read a row of `ONE_JOB` or `PAGE_OF_JOBS`."""
    state = JobState(row["state"])
    running = state is JobState.RUNNING
    return Job(
        id=row["id"],
        state=state,
        progress=Progress(
            total=row["total"],
            done=row["done"],
            failed=row["failed"],
            bytes_total=row["bytes_total"],
            bytes_done=row["bytes_done"],
            seconds=row["seconds"],
            files_timed=row["files_timed"],
            bytes_timed=row["bytes_timed"],
        ),
        results=results,
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        worker=row["worker"] if running else None,
        heard_at=row["heard_at"] if running else None,
    )


def result_of(row: RowMapping) -> FileResult:
    """This will read a row of `RESULTS`."""
    return FileResult(
        name=row["name"],
        outcome=row["outcome"],
        document_id=row["document_id"],
        chunks=row["chunks"],
        seconds=row["seconds"],
        error=row["error"],
        notes=tuple(row["notes"]),
        error_code=row["error_code"],
    )


def rows_of(
    job_id: UUID, names: Sequence[str], files: Sequence[Upload | FileResult], *, first: int
) -> list[dict[str, object]]:
    """This will write files as rows of `job_files`: to be read, or with the outcome that they have."""
    return [
        {"job_id": job_id, "position": position, "name": name, **_columns_of(file)}
        for position, (name, file) in enumerate(zip(names, files, strict=True), start=first)
    ]


def _columns_of(file: Upload | FileResult) -> dict[str, object]:
    result = file if isinstance(file, FileResult) else None
    content = file.content if isinstance(file, Upload) else None
    return {
        "content": content,
        "size_bytes": len(content or b""),
        "outcome": str(result.outcome) if result else None,
        "chunks": result.chunks if result else None,
        "seconds": result.seconds if result else None,
        "error": storable(result.error) if result else None,
        "error_code": result.error_code if result else None,
        "ended_at": datetime.now(UTC) if result else None,
    }


def backlog_of(states: list[RowMapping], waiting: RowMapping) -> Backlog:
    """This will read the rows of `JOBS_BY_STATE` and the row of `WAITING`."""
    return Backlog(
        jobs={JobState(row["state"]): row["jobs"] for row in states},
        files=waiting["files"],
        size_bytes=waiting["size_bytes"],
    )
