"""How is the progress of an upload shown?"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from rag.interfaces.http.schemas.passages import EXAMPLE_DOCUMENT_ID
from rag.ports.jobs import FileResult, Job, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBody:
    """What became of one file."""

    name: Annotated[str, Field(description="The name under which it was sent.")]
    outcome: Annotated[str, Field(description="`added`, `changed`, `unchanged` or `failed`.")]
    document_id: Annotated[UUID | None, Field(description="The document; null when it failed.")]
    chunks: Annotated[int, Field(description="Chunks stored for it.")]
    seconds: Annotated[float, Field(description="Seconds until it could be found.")]
    error: Annotated[str | None, Field(description="What is wrong with it and what to do; else null.")]

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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBody:
    """One upload, and how far it has come."""

    id: Annotated[UUID, Field(description="The job's id.")]
    state: Annotated[JobState, Field(description="It failed only when every file failed.")]
    done: Annotated[int, Field(description="Files that have an outcome.")]
    total: Annotated[int, Field(description="Files that were sent.")]
    seconds_left: Annotated[float | None, Field(description="An estimate; null while there is none.")]
    files: Annotated[list[FileBody], Field(description="The outcomes so far.")]
    created_at: Annotated[datetime, Field(description="When it was accepted, RFC 3339.")]
    started_at: Annotated[datetime | None, Field(description="When work on it began, RFC 3339.")]
    finished_at: Annotated[datetime | None, Field(description="When it ended, RFC 3339.")]

    @classmethod
    def of(cls, job: Job) -> "JobBody":
        """This will show a job."""
        return cls(
            id=job.id,
            state=job.state,
            done=job.done,
            total=job.total,
            seconds_left=job.seconds_left,
            files=[FileBody.of(result) for result in job.results],
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


_AT: Final = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
_JOB_ID: Final = UUID("71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5")
ACCEPTED_EXAMPLE: Final = JobBody(
    id=_JOB_ID,
    state=JobState.QUEUED,
    done=0,
    total=2,
    seconds_left=None,
    files=[],
    created_at=_AT,
    started_at=None,
    finished_at=None,
)
JOB_EXAMPLE: Final = JobBody(
    id=_JOB_ID,
    state=JobState.RUNNING,
    done=1,
    total=2,
    seconds_left=1.4,
    files=[
        FileBody(
            name="handbook.pdf",
            outcome="added",
            document_id=EXAMPLE_DOCUMENT_ID,
            chunks=9,
            seconds=1.312,
            error=None,
        )
    ],
    created_at=_AT,
    started_at=_AT,
    finished_at=None,
)
