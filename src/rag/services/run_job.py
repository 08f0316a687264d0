"""Carry out an ingestion job that somebody was promised."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar
from uuid import UUID

from rag.domain.errors import InvalidInputError
from rag.domain.names import described_by
from rag.ports.files import FileWithdrawnError, SourceFile
from rag.ports.jobs import FileResult, JobBoard, Upload, WaitingFile, failure_of
from rag.ports.telemetry import Telemetry
from rag.services.describe_files import DescribeFiles
from rag.services.ingest import FileOutcome, IngestFiles, Outcome
from rag.services.unpack_upload import Part, UnpackUpload


class SidecarWithoutDocumentError(InvalidInputError):
    """A file that describes another came without that one."""

    code: ClassVar[str] = "sidecar_without_document"
    advice: ClassVar[str] = "Send it together with the file that it describes, in one upload."


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    """Ingest a job's files and write down what became of each; a second run does only what is left.

    Attributes:
        unpack: opens archives.
        describe: joins sidecars with their documents.
        halted: says whether this process is being stopped: what is in work is finished, nothing is begun.
        batch_bytes: how much of a job's files is held in memory at once; a larger file comes alone.
    """

    jobs: JobBoard
    ingest: IngestFiles
    telemetry: Telemetry
    unpack: UnpackUpload
    describe: DescribeFiles
    halted: Callable[[], bool] = _never
    batch_bytes: int = 32 * 1024 * 1024

    async def __call__(self, job_id: UUID) -> None:
        """This will return when every file has an outcome, the job was cancelled, or this process is halted.

        Raises:
            UnknownJobError: there is no such job.
            UnavailableError: a part is away; the files without an outcome stay with the job.
        """
        seen: set[str] = set()
        # Asked again after the last file: what was in an archive has taken the archive's place.
        while new := [file for file in await self.jobs.start(job_id) if file.name not in seen]:
            run = _Run(self, job_id)
            archives = [file for file in new if self.unpack.is_archive(file.name)]
            for archive in archives:
                await run.open(archive)
            # Those that came out of an archive have their turn next.
            files = run.without_sidecars([file for file in new if file not in archives])
            for batch in batches(files, size_bytes=self.batch_bytes):
                await run.take_in(batch)
                if run.is_over():
                    break
            await run.settle_sidecars()
            if self.halted():
                return
            seen.update(file.name for file in new)
        await self.jobs.finish(job_id)


@dataclass(slots=True)
class _Run:
    """A job's files on their way, and whether the rest of them is still wanted."""

    service: RunJob
    job_id: UUID
    wanted: bool = field(default=True, init=False)
    sidecars: dict[str, list[str]] = field(default_factory=dict, init=False)

    def is_over(self) -> bool:
        return self.service.halted() or not self.wanted

    async def open(self, archive: WaitingFile) -> None:
        """Put the files that an archive holds in its place, with what is wrong with some of them."""
        jobs, unpack = self.service.jobs, self.service.unpack
        contents = await jobs.contents(self.job_id, [archive.name])
        if self.is_over() or archive.name not in contents:
            return
        try:
            async with aclosing(unpack(Upload(archive.name, contents[archive.name]))) as parts:
                async for part in parts:
                    names = await jobs.expand(self.job_id, archive.name, part.members, last=part.is_last)
                    # What was put there stays when this process is stopped; the next one goes on.
                    if names is None or self.is_over():
                        return
                    self._count_failures(part, names)
        except InvalidInputError as error:
            self.wanted = await jobs.record(self.job_id, failure_of(archive.name, error))
            self.service.telemetry.ingested(Outcome.FAILED, chunks=0)

    def _count_failures(self, part: Part, names: Sequence[str]) -> None:
        new = set(names)
        for member in part.members:
            if isinstance(member, FileResult) and member.name in new:
                self.service.telemetry.ingested(Outcome.FAILED, chunks=0)

    def without_sidecars(self, files: Sequence[WaitingFile]) -> Sequence[WaitingFile]:
        """Give the documents' files, and keep in mind which sidecars they have."""
        documents = []
        for file in files:
            described = described_by(file.name)
            if described is None:
                documents.append(file)
            else:
                self.sidecars.setdefault(described, []).append(file.name)
        return documents

    async def take_in(self, batch: Sequence[WaitingFile]) -> None:
        """Ingest the files that still wait, and record each."""
        jobs = self.service.jobs
        newer = await jobs.superseded(self.job_id, [file.name for file in batch])
        for name, document_id in newer.items():
            note = "A newer upload of this name was taken in before."
            await self._record(FileResult(name, Outcome.UNCHANGED, document_id, 0, 0.0, None, notes=(note,)))
        wanted = [file.name for file in batch if file.name not in newer]
        names = [name for each in wanted for name in (each, *self.sidecars.get(each, ()))]
        files = self._files(await jobs.contents(self.job_id, names))
        if self.sidecars:
            files = (await asyncio.to_thread(self.service.describe, files)).files
        async with aclosing(self.service.ingest(files)) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome.error, FileWithdrawnError):
                    continue
                await self._record(_as_result(outcome))

    async def settle_sidecars(self) -> None:
        """Record those whose document had its outcome before, or did not come at all."""
        if not self.sidecars or self.is_over():
            return
        job = await self.service.jobs.job(self.job_id)
        for result in job.results:
            await self._record_sidecars(result)
        for name in [name for names in self.sidecars.values() for name in names]:
            error = SidecarWithoutDocumentError(f"{name} came without the file that it describes.")
            self.wanted = await self.service.jobs.record(self.job_id, failure_of(name, error))

    async def _record(self, result: FileResult) -> None:
        """Record a document's file, and its sidecars with it."""
        self.wanted = await self.service.jobs.record(self.job_id, result)
        self.service.telemetry.ingested(Outcome(result.outcome), chunks=result.chunks)
        await self._record_sidecars(result)

    async def _record_sidecars(self, result: FileResult) -> None:
        """Let a document's sidecars share its outcome: where it failed, they are kept as it is."""
        for name in self.sidecars.pop(result.name, ()):
            self.wanted = await self.service.jobs.record(
                self.job_id, replace(result, name=name, chunks=0, notes=())
            )

    def _files(self, contents: Mapping[str, bytes]) -> Sequence[SourceFile]:
        """Name uploads as files: the same name is the same document."""
        return [
            SourceFile(
                source=name,
                place=f"upload:{name}",
                file_path=None,
                read=partial(self._read, name, content),
            )
            for name, content in contents.items()
        ]

    def _read(self, name: str, content: bytes) -> bytes:
        # A file that is withdrawn costs nothing, and those before it end as whole as ever.
        if self.is_over():
            raise FileWithdrawnError(f"{name} is not wanted any more.")
        return content


def batches(files: Sequence[WaitingFile], *, size_bytes: int) -> Iterator[Sequence[WaitingFile]]:
    """This will cut a list so that each part holds at most `size_bytes`, or a single larger file.

    >>> files = [WaitingFile("a", 3), WaitingFile("b", 3), WaitingFile("c", 9), WaitingFile("d", 1)]
    >>> [[file.name for file in part] for part in batches(files, size_bytes=6)]
    [['a', 'b'], ['c'], ['d']]
    """
    part: list[WaitingFile] = []
    held = 0
    for file in files:
        if part and held + file.size_bytes > size_bytes:
            yield part
            part, held = [], 0
        part.append(file)
        held += file.size_bytes
    if part:
        yield part


def _as_result(outcome: FileOutcome) -> FileResult:
    if outcome.error is not None:
        return failure_of(outcome.file.source, outcome.error, seconds=outcome.seconds)
    return FileResult(
        name=outcome.file.source,
        outcome=outcome.outcome,
        document_id=outcome.document_id,
        chunks=outcome.chunks,
        seconds=outcome.seconds,
        error=None,
        notes=outcome.notes,
    )
