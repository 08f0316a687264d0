"""Which uploads wait in this process, and what became of them? Tests use it, production never."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from rag.ports.jobs import FileResult, Job, JobState, UnknownJobError, Upload


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _Kept:
    """One job: a file has either its bytes or its outcome."""

    created_at: datetime
    waiting: dict[str, Upload]
    outcomes: dict[str, FileResult] = field(default_factory=dict)
    state: JobState = JobState.QUEUED
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass
class InMemoryJobBoard:
    """A job board in a dictionary; implements `rag.ports.jobs.JobBoard`. Nothing works on the jobs by itself.

    Attributes:
        now: gives the time.
    """

    now: Callable[[], datetime] = _now
    _jobs: dict[UUID, _Kept] = field(default_factory=dict)

    async def submit(self, uploads: Sequence[Upload]) -> Job:
        """This will keep the job with its files; files of one name get different ones."""
        waiting: dict[str, Upload] = {}
        for upload in uploads:
            name = _fresh_name(upload.name, taken=waiting)
            waiting[name] = Upload(name, upload.content)
        job_id = uuid4()
        self._jobs[job_id] = _Kept(self.now(), waiting)
        return await self.job(job_id)

    async def job(self, job_id: UUID) -> Job:
        """This will show a job."""
        kept = self._known(job_id)
        seconds_left = None
        if kept.state is JobState.RUNNING and kept.started_at is not None and kept.outcomes:
            running = (self.now() - kept.started_at).total_seconds()
            seconds_left = running / len(kept.outcomes) * len(kept.waiting)
        return Job(
            id=job_id,
            state=kept.state,
            total=len(kept.waiting) + len(kept.outcomes),
            results=tuple(kept.outcomes.values()),
            created_at=kept.created_at,
            started_at=kept.started_at,
            finished_at=kept.finished_at,
            seconds_left=seconds_left,
        )

    async def start(self, job_id: UUID) -> Sequence[Upload]:
        """This will mark a job as running, unless it has ended, and give its files that have no outcome yet.

        Raises:
            UnknownJobError: it does not exist.
        """
        kept = self._known(job_id)
        if kept.finished_at is None:
            kept.state = JobState.RUNNING
            kept.started_at = kept.started_at or self.now()
        return list(kept.waiting.values())

    async def record(self, job_id: UUID, result: FileResult) -> None:
        """This will keep a file's outcome and drop its bytes."""
        kept = self._jobs.get(job_id)
        if kept is not None and kept.waiting.pop(result.name, None) is not None:
            kept.outcomes[result.name] = result

    async def finish(self, job_id: UUID) -> None:
        """This will end a job; one that has ended stays as it is."""
        kept = self._jobs.get(job_id)
        if kept is None or kept.finished_at is not None:
            return
        outcomes = [result.outcome for result in kept.outcomes.values()]
        failed = bool(outcomes) and not kept.waiting and set(outcomes) == {"failed"}
        kept.state = JobState.FAILED if failed else JobState.SUCCEEDED
        kept.finished_at = self.now()

    def _known(self, job_id: UUID) -> _Kept:
        if job_id not in self._jobs:
            raise UnknownJobError(f"There is no job {job_id}.")
        return self._jobs[job_id]


def _fresh_name(name: str, *, taken: dict[str, Upload]) -> str:
    """Tell files of one name apart as `a.md` and `a (2).md`, since an outcome names its file."""
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    fresh, copy = name, 1
    while fresh in taken:
        copy += 1
        fresh = f"{stem} ({copy}){dot}{ending}"
    return fresh
