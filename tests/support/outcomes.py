"""How do tests run a job on a board without ingesting anything?"""

from uuid import UUID

from rag.ports.jobs import FileResult, Job, JobBoard, Upload

FILES = [Upload("a.md", b"# A"), Upload("b.pdf", bytes(range(256)) * 5000), Upload("empty.txt", b"")]


def result(name: str, outcome: str = "added") -> FileResult:
    """Make an outcome for a file."""
    if outcome == "failed":
        error = "It is encrypted. Save a copy without the password."
        return FileResult(name, outcome, None, 0, 0.1, error, error_code="file_encrypted")
    return FileResult(name, outcome, UUID(int=5), 12, 0.25, None, notes=("Two images have no text.",))


async def ended_with(board: JobBoard, *outcomes: str) -> Job:
    """Run a job of the first files to its end, with these outcomes."""
    job = await board.submit(FILES[: len(outcomes)])
    await board.start(job.id)
    for upload, outcome in zip(FILES, outcomes, strict=False):
        await board.record(job.id, result(upload.name, outcome))
    await board.finish(job.id)
    return await board.job(job.id)


async def waiting_bytes(board: JobBoard, job_id: UUID) -> dict[str, bytes]:
    """Read whatever waits, as a worker does."""
    return dict(await board.contents(job_id, [file.name for file in await board.start(job_id)]))
