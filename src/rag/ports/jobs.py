"""Who is working on what, and how far have they come?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from rag.domain.errors import NotFoundError


class UnknownJobError(NotFoundError):
    """There is no job with this id."""

    code: ClassVar[str] = "job_unknown"
    advice: ClassVar[str] = "Use the job id that the upload was answered with."


class JobState(StrEnum):
    """A job waits, runs, and ends well, in part, or not at all."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent to be ingested, kept until its job has read it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of a job.

    Attributes:
        outcome: `added`, `changed`, `unchanged` or `failed`.
        error: what is wrong with the file and what to do; None unless it failed.
    """

    name: str
    outcome: str
    document_id: UUID | None
    chunks: int
    seconds: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """One batch of uploads and how far it has come.

    Attributes:
        seconds_left: an estimate from the rate so far; None while there is none.
    """

    id: UUID
    state: JobState
    total: int
    results: Sequence[FileResult]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds_left: float | None

    @property
    def done(self) -> int:
        """How many files have an outcome."""
        return len(self.results)


class JobBoard(Protocol):
    """Ingestion jobs: durable once accepted, taken over when their worker dies."""

    async def submit(self, uploads: Sequence[Upload]) -> Job:
        """This will return when the files and the job are stored."""

    async def job(self, job_id: UUID) -> Job:
        """This will show a job.

        Raises:
            UnknownJobError: it does not exist.
        """

    async def start(self, job_id: UUID) -> Sequence[Upload]:
        """This will mark a job as running and give the files that have no outcome yet."""

    async def record(self, job_id: UUID, result: FileResult) -> None:
        """This will store a file's outcome and drop its bytes; a second time changes nothing."""

    async def finish(self, job_id: UUID) -> None:
        """This will end a job: FAILED when every file failed, else SUCCEEDED."""
