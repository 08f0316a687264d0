"""How is the progress of an upload shown?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from rag.interfaces.http.schemas.passages import EXAMPLE_DOCUMENT_ID
from rag.interfaces.http.schemas.requests import RequestBody
from rag.ports.jobs import FileResult, Job, JobState, Progress

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


class JobsRequest(RequestBody):
    """Which jobs are listed, and from where on."""

    state: Annotated[JobState | None, Field(description="Only jobs in this state.", examples=["running"])] = (
        None
    )
    after: Annotated[
        UUID | None, Field(description="Start after this id: the `next_after` of the page before.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many jobs a page holds.")] = (
        DEFAULT_PAGE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBody:
    """What became of one file."""

    name: Annotated[str, Field(description="The name under which it was sent.")]
    outcome: Annotated[str, Field(description="`added`, `changed`, `unchanged`, `failed` or `cancelled`.")]
    document_id: Annotated[UUID | None, Field(description="The document; null where there is none.")]
    chunks: Annotated[int, Field(description="Chunks stored for it.")]
    seconds: Annotated[float, Field(description="Seconds until it could be found.")]
    error: Annotated[str | None, Field(description="What is wrong with it and what to do; else null.")]
    error_code: Annotated[str | None, Field(description="The stable name of what is wrong; else null.")]
    notes: Annotated[list[str], Field(description="What of the file is not in the text, a sentence each.")]

    @classmethod
    def of(cls, result: FileResult) -> "FileBody":
        """This will show a file's outcome."""
        return cls(
            name=result.name,
            outcome=result.outcome,
            document_id=result.document_id,
            chunks=result.chunks,
            seconds=round(result.seconds, 3),
            error=result.error,
            error_code=result.error_code,
            notes=list(result.notes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """One upload and how far it has come, without its files."""

    id: Annotated[UUID, Field(description="The job's id.")]
    state: Annotated[JobState, Field(description="It failed only when every file failed.")]
    done: Annotated[int, Field(description="Files that have an outcome.")]
    failed: Annotated[int, Field(description="Files that failed, whatever the job's state.")]
    total: Annotated[int, Field(description="Files that the job has.")]
    bytes_done: Annotated[int, Field(description="Size of the files that have an outcome.")]
    bytes_total: Annotated[int, Field(description="Size of all its files.")]
    files_per_second: Annotated[float | None, Field(description="The rate so far; null while there is none.")]
    bytes_per_second: Annotated[float | None, Field(description="The rate so far; null while there is none.")]
    seconds_left: Annotated[float | None, Field(description="An estimate; null while there is none.")]
    worker: Annotated[str | None, Field(description="The process that runs it; null unless it is running.")]
    heard_at: Annotated[
        datetime | None, Field(description="When that process last gave a sign of life, RFC 3339.")
    ]
    created_at: Annotated[datetime, Field(description="When it was accepted, RFC 3339.")]
    started_at: Annotated[datetime | None, Field(description="When work on it began, RFC 3339.")]
    finished_at: Annotated[datetime | None, Field(description="When it ended, RFC 3339.")]

    @classmethod
    def of(cls, job: Job) -> "JobSummary":
        """This will show a job without its files."""
        return cls(**_figures(job))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBody(JobSummary):
    """One upload, and how far it has come."""

    files: Annotated[list[FileBody], Field(description="The outcomes so far.")]

    @classmethod
    def of(cls, job: Job) -> "JobBody":
        """This will show a job."""
        return cls(**_figures(job), files=[FileBody.of(result) for result in job.results])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One page of the list, the newest job first."""

    jobs: Annotated[list[JobSummary], Field(description="The jobs of this page.")]
    next_after: Annotated[
        UUID | None, Field(description="Send it as `after` for the next page; null on the last one.")
    ]

    @classmethod
    def of(cls, jobs: Sequence[Job], *, limit: int) -> "JobPage":
        """This will show `limit` of the jobs; a further one says that there is a next page."""
        shown = [JobSummary.of(job) for job in jobs[:limit]]
        return cls(jobs=shown, next_after=shown[-1].id if len(jobs) > limit else None)


def _figures(job: Job) -> dict[str, Any]:
    progress = job.progress
    return {
        "id": job.id,
        "state": job.state,
        "done": job.done,
        "failed": progress.failed,
        "total": job.total,
        "bytes_done": progress.bytes_done,
        "bytes_total": progress.bytes_total,
        "files_per_second": _rounded(progress.files_per_second),
        "bytes_per_second": _rounded(progress.bytes_per_second),
        "seconds_left": _rounded(job.seconds_left),
        "worker": job.worker,
        "heard_at": job.heard_at,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


_AT: Final = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
_QUEUED: Final = Job(
    UUID("71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5"),
    JobState.QUEUED,
    Progress(total=2, done=0, failed=0, bytes_total=48_200, bytes_done=0),
    (),
    _AT,
    None,
    None,
)
_RESULT: Final = FileResult("handbook.pdf", "added", EXAMPLE_DOCUMENT_ID, 9, 1.312, None)
_RUNNING: Final = replace(
    _QUEUED,
    state=JobState.RUNNING,
    progress=Progress(
        total=2,
        done=1,
        failed=0,
        bytes_total=48_200,
        bytes_done=31_000,
        seconds=2.5,
        files_timed=1,
        bytes_timed=31_000,
    ),
    results=(_RESULT,),
    started_at=_AT,
    worker="host:4711-9f2c01",
    heard_at=_AT,
)
ACCEPTED_EXAMPLE: Final = JobBody.of(_QUEUED)
JOB_EXAMPLE: Final = JobBody.of(_RUNNING)
CANCELLED_EXAMPLE: Final = JobBody.of(
    replace(
        _RUNNING,
        state=JobState.CANCELLED,
        results=(_RESULT, FileResult("plan.pdf", "cancelled", None, 0, 0.0, None)),
        finished_at=_AT,
        worker=None,
        heard_at=None,
    )
)
JOBS_EXAMPLE: Final = JobPage.of([_RUNNING], limit=1)
