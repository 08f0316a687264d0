"""How do the rows of jobs and of their files read as what the port speaks of?"""

from typing import Final

from sqlalchemy import RowMapping, text

from rag.ports.jobs import Backlog, FileResult, Job, JobState, Progress

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


def backlog_of(states: list[RowMapping], waiting: RowMapping) -> Backlog:
    """This will read the rows of `JOBS_BY_STATE` and the row of `WAITING`."""
    return Backlog(
        jobs={JobState(row["state"]): row["jobs"] for row in states},
        files=waiting["files"],
        size_bytes=waiting["size_bytes"],
    )
