"""Carry out an ingestion job that somebody was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from rag.ports.files import SourceFile
from rag.ports.jobs import FileResult, JobBoard, Upload
from rag.ports.telemetry import Telemetry
from rag.services.ingest import FileOutcome, IngestFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    """Ingest a job's files and write down what became of each; a second run does only what is left."""

    jobs: JobBoard
    ingest: IngestFiles
    telemetry: Telemetry

    async def __call__(self, job_id: UUID) -> None:
        """This will return when every file of the job has an outcome.

        Raises:
            UnavailableError: a part is away; the files without an outcome stay with the job.
        """
        uploads = await self.jobs.start(job_id)
        async for outcome in self.ingest(uploaded_files(uploads)):
            await self.jobs.record(job_id, _as_result(outcome))
            self.telemetry.ingested(outcome.outcome, chunks=outcome.chunks)
        await self.jobs.finish(job_id)


def uploaded_files(uploads: Sequence[Upload]) -> Sequence[SourceFile]:
    """This will name uploads as files: the same name is the same document."""
    return [
        SourceFile(
            source=upload.name,
            place=f"upload:{upload.name}",
            file_path=None,
            read=partial(bytes, upload.content),
        )
        for upload in uploads
    ]


def _as_result(outcome: FileOutcome) -> FileResult:
    error = outcome.error
    return FileResult(
        name=outcome.file.source,
        outcome=outcome.outcome,
        document_id=None if error else outcome.document_id,
        chunks=outcome.chunks,
        seconds=outcome.seconds,
        error=f"{error} {error.advice}" if error else None,
    )
