"""Who is working on what, and how far have they come?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Protocol
from uuid import UUID

from rag.domain.errors import InvalidInputError, NotFoundError, RagError

DAYS_KEPT: Final = 7  # how long the bytes of failed files stay after the end of their job


class UnknownJobError(NotFoundError):
    """There is no job with this id."""

    code: ClassVar[str] = "job_unknown"
    advice: ClassVar[str] = "Use the job id that the upload was answered with, or list the jobs."


class JobConflictError(RagError):
    """The job is in a state in which this cannot be done."""

    code: ClassVar[str] = "job_conflict"
    kind: ClassVar[str] = "ValidationError"
    advice: ClassVar[str] = "Look at the job's state first: GET /jobs/{id}, or rag jobs show ID."


class JobEndedError(JobConflictError):
    """The job has ended, so there is nothing left to cancel."""

    code: ClassVar[str] = "job_ended"
    advice: ClassVar[str] = "What it took in stays; delete the documents that you do not want."


class JobNotEndedError(JobConflictError):
    """The job has not ended, so its failed files cannot be tried again yet."""

    code: ClassVar[str] = "job_not_ended"
    advice: ClassVar[str] = "Wait for its end, or cancel it first."


class NothingToRetryError(JobConflictError):
    """No file of the job failed, or the bytes of those that did are not kept any more."""

    code: ClassVar[str] = "job_nothing_to_retry"
    advice: ClassVar[str] = (
        f"Send the files again: bytes of failed files stay for {DAYS_KEPT} days, no others."
    )


class JobState(StrEnum):
    """A job waits, runs, and ends: well or in part, not at all, or because somebody cancelled it."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent to be ingested, kept until its job has read it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file of a job that has no outcome yet, without its bytes."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of a job.

    Attributes:
        outcome: `added`, `changed`, `unchanged`, `failed` or `cancelled`.
        error: what is wrong with the file and what to do; None unless it failed.
        notes: what of the file is not in the text, a sentence each.
        error_code: the stable name of what is wrong, where it failed by a foreseen error.
    """

    name: str
    outcome: str
    document_id: UUID | None
    chunks: int
    seconds: float
    error: str | None
    notes: tuple[str, ...] = ()
    error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job has come, and how quickly.

    Attributes:
        done: files that have an outcome, whichever it is.
        seconds: how long the job has been running since it was last queued; None before that.
        files_timed, bytes_timed: what got its outcome within these seconds.
    """

    total: int
    done: int
    failed: int
    bytes_total: int
    bytes_done: int
    seconds: float | None = None
    files_timed: int = 0
    bytes_timed: int = 0

    @property
    def files_per_second(self) -> float | None:
        """The rate over the running time; None while there is none."""
        return self.files_timed / self.seconds if self.seconds and self.files_timed else None

    @property
    def bytes_per_second(self) -> float | None:
        """The rate over the running time; None while there is none."""
        return self.bytes_timed / self.seconds if self.seconds and self.files_timed else None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the bytes, or from the files where those done had none; None without a rate."""
        if self.bytes_per_second:
            return (self.bytes_total - self.bytes_done) / self.bytes_per_second
        return (self.total - self.done) / self.files_per_second if self.files_per_second else None


@dataclass(frozen=True, slots=True)
class Job:
    """One batch of uploads and how far it has come.

    Attributes:
        results: the outcomes so far, in the order of the files; empty where they were not asked for.
        worker: the process that runs it; None unless it is running.
        heard_at: when that process last gave a sign of life.
    """

    id: UUID
    state: JobState
    progress: Progress
    results: Sequence[FileResult]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None = None
    heard_at: datetime | None = None

    @property
    def total(self) -> int:
        """How many files the job has."""
        return self.progress.total

    @property
    def done(self) -> int:
        """How many files have an outcome."""
        return self.progress.done

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the rate so far; None while there is none, and when nothing is left to do."""
        return self.progress.seconds_left if self.state is JobState.RUNNING else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much there is to do.

    Attributes:
        jobs: how many jobs are in each state; a state without jobs may be missing.
        files, size_bytes: what waits for its turn in all jobs that have not ended.
    """

    jobs: Mapping[JobState, int]
    files: int
    size_bytes: int


def failure_of(name: str, error: InvalidInputError, *, seconds: float = 0.0) -> FileResult:
    """This will say of a file what is wrong with it."""
    return FileResult(name, "failed", None, 0, seconds, f"{error} {error.advice}", error_code=error.code)


class JobBoard(Protocol):
    """Ingestion jobs: durable once accepted, taken over when their worker dies."""

    async def submit(self, uploads: Sequence[Upload]) -> Job:
        """This will return when the files and the job are stored."""

    async def job(self, job_id: UUID, *, with_results: bool = True) -> Job:
        """This will show a job; without results it costs little, however many files it has.

        Raises:
            UnknownJobError: it does not exist.
        """

    async def jobs(
        self, *, state: JobState | None = None, limit: int = 100, after: UUID | None = None
    ) -> Sequence[Job]:
        """This will list jobs without results, the newest first; `after` is the last one of the page before.

        Raises:
            UnknownJobError: `after` does not exist.
        """

    async def backlog(self) -> Backlog:
        """This will count the jobs, and what waits."""

    async def start(self, job_id: UUID) -> Sequence[WaitingFile]:
        """This will mark a job as running, unless it has ended, and name the files without an outcome.

        Raises:
            UnknownJobError: it does not exist.
        """

    async def contents(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, bytes]:
        """This will read the bytes of waiting files; a file that waits no longer is left out."""

    async def superseded(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, UUID | None]:
        """This will name the waiting files that are out of date, with the documents that they would harm.

        They are those of which a job that was submitted later has recorded a file of the same name as
        `added`, `changed` or `unchanged`.
        """

    async def record(self, job_id: UUID, result: FileResult) -> bool:
        """This will store a file's outcome, and say whether the job still wants its files.

        A second outcome changes nothing, unless the first one was `cancelled`: what was in work when the job
        was cancelled says what became of it after all. The bytes are dropped, except those of a failed file.
        """

    async def expand(
        self, job_id: UUID, name: str, members: Sequence[Upload | FileResult], *, last: bool = True
    ) -> Sequence[str] | None:
        """This will put files that an archive holds at the end of the list, and with the last take it out.

        A member that cannot be read comes with its outcome in place of its bytes, and is not tried again.
        Names that the job has already are left out, so a large archive may come in parts, and again from the
        first part on when its worker died. It gives the names that are new, and None without doing anything
        when the archive waits no longer.

        Raises:
            UnknownJobError: the job does not exist.
        """

    async def finish(self, job_id: UUID) -> None:
        """This will end a job when no file waits any more; one that has ended stays as it is.

        It is FAILED when every file failed, CANCELLED when some file was cancelled, else SUCCEEDED.
        """

    async def cancel(self, job_id: UUID) -> Job:
        """This will end a job now: files without an outcome are `cancelled`, and their bytes are dropped.

        What is searchable stays. A job that was cancelled before stays as it is.

        Raises:
            UnknownJobError: it does not exist.
            JobEndedError: it has ended by itself.
        """

    async def retry(self, job_id: UUID) -> Job:
        """This will queue an ended job again for the files that failed and whose bytes are kept.

        Cancelled files are not tried again: their bytes are gone.

        Raises:
            UnknownJobError: it does not exist.
            JobNotEndedError: it waits or runs.
            NothingToRetryError: no failed file has its bytes.
        """


class ConsumeJobs(Protocol):
    """Whatever works on the jobs that are queued."""

    async def __call__(self, *, until_empty: bool = False) -> None:
        """This will work until it is cancelled, or until no job is left that nobody is busy with."""
