"""Which uploads wait in this process, and what became of them? Tests use it, production never."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from rag.domain.distinct_names import distinct_names
from rag.ports.jobs import (
    Backlog,
    FileResult,
    Job,
    JobEndedError,
    JobNotEndedError,
    JobState,
    NothingToRetryError,
    Progress,
    UnknownJobError,
    Upload,
    WaitingFile,
)

_TAKEN_IN: Final = frozenset({"added", "changed", "unchanged"})


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _File:
    """A file of a job: it waits with its bytes until it has an outcome."""

    content: bytes | None
    size_bytes: int
    result: FileResult | None = None
    ended_at: datetime | None = None


@dataclass
class _Kept:
    """One job, and its files in their order."""

    created_at: datetime
    files: dict[str, _File]
    state: JobState = JobState.QUEUED
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def waiting(self) -> dict[str, _File]:
        return {name: file for name, file in self.files.items() if file.result is None}

    def outcomes(self) -> list[str]:
        return [file.result.outcome for file in self.files.values() if file.result is not None]


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
        job_id = uuid4()
        self._jobs[job_id] = _Kept(self.now(), _files(uploads))
        return await self.job(job_id)

    async def job(self, job_id: UUID, *, with_results: bool = True) -> Job:
        """This will show a job."""
        kept = self._known(job_id)
        results = tuple(file.result for file in kept.files.values() if file.result) if with_results else ()
        return Job(
            id=job_id,
            state=kept.state,
            progress=self._progress(kept),
            results=results,
            created_at=kept.created_at,
            started_at=kept.started_at,
            finished_at=kept.finished_at,
        )

    async def jobs(
        self, *, state: JobState | None = None, limit: int = 100, after: UUID | None = None
    ) -> Sequence[Job]:
        """This will list jobs without results, the newest first."""
        newest = sorted(self._jobs, key=lambda job_id: (self._jobs[job_id].created_at, job_id), reverse=True)
        if after is not None:
            self._known(after)
            newest = newest[newest.index(after) + 1 :]
        wanted = [job_id for job_id in newest if state in {None, self._jobs[job_id].state}]
        return [await self.job(job_id, with_results=False) for job_id in wanted[:limit]]

    async def backlog(self) -> Backlog:
        """This will count the jobs, and what waits."""
        open_jobs = [kept for kept in self._jobs.values() if kept.finished_at is None]
        waiting = [file for kept in open_jobs for file in kept.waiting().values()]
        states = Counter(kept.state for kept in self._jobs.values())
        return Backlog(jobs=states, files=len(waiting), size_bytes=sum(file.size_bytes for file in waiting))

    async def start(self, job_id: UUID) -> Sequence[WaitingFile]:
        """This will mark a job as running, unless it has ended, and name its files that have no outcome yet.

        Raises:
            UnknownJobError: it does not exist.
        """
        kept = self._known(job_id)
        if kept.finished_at is not None:
            return []
        kept.state = JobState.RUNNING
        kept.started_at = kept.started_at or self.now()
        return [WaitingFile(name, file.size_bytes) for name, file in kept.waiting().items()]

    async def contents(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, bytes]:
        """This will read the bytes of waiting files; a file that waits no longer is left out."""
        waiting = self._jobs[job_id].waiting() if job_id in self._jobs else {}
        return {name: waiting[name].content or b"" for name in names if name in waiting}

    async def superseded(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, UUID | None]:
        """This will name the waiting files that a job submitted later has taken in, with their documents."""
        waiting = self._jobs[job_id].waiting() if job_id in self._jobs else {}
        later = list(self._jobs.values())[list(self._jobs).index(job_id) + 1 :] if waiting else []
        results = [file.result for kept in later for file in kept.files.values() if file.result is not None]
        taken = {each.name: each.document_id for each in results if each.outcome in _TAKEN_IN}
        return {name: taken[name] for name in names if name in waiting and name in taken}

    async def record(self, job_id: UUID, result: FileResult) -> bool:
        """This will keep a file's outcome, and say whether the job still wants its files."""
        kept = self._jobs.get(job_id)
        if kept is None:
            return False
        file = kept.files.get(result.name)
        if file is not None and (file.result is None or file.result.outcome == "cancelled"):
            file.result, file.ended_at = result, self.now()
            file.content = file.content if result.outcome == "failed" else None
        return kept.finished_at is None

    async def expand(
        self, job_id: UUID, name: str, members: Sequence[Upload | FileResult], *, last: bool = True
    ) -> Sequence[str] | None:
        """This will put files that an archive holds at the end of the list, and with the last take it out."""
        kept = self._known(job_id)
        if name not in kept.waiting():
            return None
        new = {each.name: self._member(each) for each in members if each.name not in kept.files}
        kept.files |= new
        if last:
            del kept.files[name]
        return list(new)

    def _member(self, member: Upload | FileResult) -> _File:
        if isinstance(member, Upload):
            return _File(member.content, len(member.content))
        return _File(None, 0, result=member, ended_at=self.now())

    async def finish(self, job_id: UUID) -> None:
        """This will end a job when no file waits any more; one that has ended stays as it is."""
        kept = self._jobs.get(job_id)
        if kept is None or kept.finished_at is not None or kept.waiting():
            return
        outcomes = kept.outcomes()
        failed = bool(outcomes) and set(outcomes) == {"failed"}
        kept.state = JobState.FAILED if failed else JobState.SUCCEEDED
        if "cancelled" in outcomes:
            kept.state = JobState.CANCELLED
        kept.finished_at = self.now()

    async def cancel(self, job_id: UUID) -> Job:
        """This will end a job now; what is searchable stays."""
        kept = self._known(job_id)
        if kept.finished_at is None:
            for name, file in kept.waiting().items():
                file.content, file.ended_at = None, self.now()
                file.result = FileResult(name, "cancelled", None, 0, 0.0, None)
            kept.state, kept.finished_at = JobState.CANCELLED, self.now()
        elif kept.state is not JobState.CANCELLED:
            raise JobEndedError(f"The job {job_id} has {kept.state.value} already.")
        return await self.job(job_id)

    async def retry(self, job_id: UUID) -> Job:
        """This will queue an ended job again for the files that failed and whose bytes are kept."""
        kept = self._known(job_id)
        if kept.finished_at is None:
            raise JobNotEndedError(f"The job {job_id} is still {kept.state.value}.")
        failed = [file for file in kept.files.values() if file.result and file.content is not None]
        if not failed:
            raise NothingToRetryError(f"The job {job_id} has no failed file whose bytes are kept.")
        for file in failed:
            file.result = file.ended_at = None
        kept.state, kept.started_at, kept.finished_at = JobState.QUEUED, None, None
        return await self.job(job_id)

    def _progress(self, kept: _Kept) -> Progress:
        ended = [file for file in kept.files.values() if file.result is not None]
        began = kept.started_at
        timed = [file for file in ended if file.result and file.result.outcome != "cancelled"]
        timed = [file for file in timed if began and file.ended_at and file.ended_at >= began]
        return Progress(
            total=len(kept.files),
            done=len(ended),
            failed=kept.outcomes().count("failed"),
            bytes_total=sum(file.size_bytes for file in kept.files.values()),
            bytes_done=sum(file.size_bytes for file in ended),
            seconds=((kept.finished_at or self.now()) - began).total_seconds() if began else None,
            files_timed=len(timed),
            bytes_timed=sum(file.size_bytes for file in timed),
        )

    def _known(self, job_id: UUID) -> _Kept:
        if job_id not in self._jobs:
            raise UnknownJobError(f"There is no job {job_id}.")
        return self._jobs[job_id]


def _files(uploads: Sequence[Upload]) -> dict[str, _File]:
    names = distinct_names([upload.name for upload in uploads])
    return {
        name: _File(upload.content, len(upload.content)) for name, upload in zip(names, uploads, strict=True)
    }
