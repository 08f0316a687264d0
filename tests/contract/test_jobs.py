"""Does every job board keep the promises of `rag.ports.jobs`?"""

import asyncio
from uuid import UUID, uuid4

import pytest

from rag.ports.jobs import FileResult, JobBoard, JobState, UnknownJobError, Upload

FILES = [Upload("a.md", b"# A"), Upload("b.pdf", bytes(range(256)) * 5000), Upload("empty.txt", b"")]


def result(name: str, outcome: str = "added") -> FileResult:
    """Make an outcome for a file."""
    if outcome == "failed":
        return FileResult(name, outcome, None, 0, 0.1, "It is encrypted. Save a copy without the password.")
    return FileResult(name, outcome, UUID(int=5), 12, 0.25, None)


async def test_a_submitted_job_waits(board: JobBoard) -> None:
    """A new job is queued, with nothing done, and can be looked up."""
    job = await board.submit(FILES)
    assert (job.state, job.total, job.done) == (JobState.QUEUED, 3, 0)
    assert (job.started_at, job.finished_at, job.seconds_left) == (None, None, None)
    assert job.created_at.tzinfo is not None
    assert await board.job(job.id) == job


async def test_a_started_job_gives_its_files(board: JobBoard) -> None:
    """The worker gets every file, byte by byte, in the order of the upload."""
    job = await board.submit(FILES)
    assert list(await board.start(job.id)) == FILES
    running = await board.job(job.id)
    assert running.state is JobState.RUNNING
    assert running.started_at is not None
    assert running.seconds_left is None


async def test_a_restarted_job_gives_only_open_files(board: JobBoard) -> None:
    """After a worker's death the next one gets what has no outcome yet, and the first start counts."""
    job = await board.submit(FILES)
    await board.start(job.id)
    began = (await board.job(job.id)).started_at
    await board.record(job.id, result("b.pdf"))
    assert [upload.name for upload in await board.start(job.id)] == ["a.md", "empty.txt"]
    again = await board.job(job.id)
    assert (again.started_at, again.done, list(again.results)) == (began, 1, [result("b.pdf")])
    assert again.seconds_left is not None
    assert again.seconds_left >= 0


async def test_an_outcome_counts_once(board: JobBoard) -> None:
    """A file's second outcome changes nothing, and neither does one of a file that was not sent."""
    job = await board.submit(FILES)
    await board.start(job.id)
    await asyncio.gather(*(board.record(job.id, result("a.md")) for _ in range(4)))
    await board.record(job.id, result("a.md", "failed"))
    await board.record(job.id, result("other.md"))
    assert list((await board.job(job.id)).results) == [result("a.md")]


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (("added", "changed", "unchanged"), JobState.SUCCEEDED),
        (("failed", "failed", "unchanged"), JobState.SUCCEEDED),
        (("failed", "failed", "failed"), JobState.FAILED),
    ],
)
async def test_a_job_fails_when_every_file_failed(
    board: JobBoard, outcomes: tuple[str, ...], state: JobState
) -> None:
    """One good file is enough for a job to succeed."""
    job = await board.submit(FILES)
    await board.start(job.id)
    for upload, outcome in zip(FILES, outcomes, strict=True):
        await board.record(job.id, result(upload.name, outcome))
    await board.finish(job.id)
    ended = await board.job(job.id)
    assert (ended.state, ended.done, ended.seconds_left) == (state, 3, None)
    assert {each.name: each.outcome for each in ended.results} == dict(
        zip((upload.name for upload in FILES), outcomes, strict=True)
    )


async def test_an_ended_job_stays_ended(board: JobBoard) -> None:
    """Finishing or starting an ended job again changes nothing."""
    job = await board.submit(FILES[:1])
    await board.start(job.id)
    await board.record(job.id, result("a.md"))
    await board.finish(job.id)
    ended = await board.job(job.id)
    await board.finish(job.id)
    assert list(await board.start(job.id)) == []
    assert await board.job(job.id) == ended


async def test_files_of_one_name_are_told_apart(board: JobBoard) -> None:
    """Two files of one name are both kept, and each gets its own outcome."""
    same = [Upload("a.md", b"1"), Upload("a.md", b"2"), Upload("x", b"3"), Upload("x", b"4")]
    job = await board.submit(same)
    files = await board.start(job.id)
    assert [upload.name for upload in files] == ["a.md", "a (2).md", "x", "x (2)"]
    assert [upload.content for upload in files] == [b"1", b"2", b"3", b"4"]
    for upload in files:
        await board.record(job.id, result(upload.name))
    assert (await board.job(job.id)).done == 4


async def test_a_job_without_files_ends_well(board: JobBoard) -> None:
    """Nothing to do is no failure."""
    job = await board.submit([])
    assert list(await board.start(job.id)) == []
    await board.finish(job.id)
    assert (await board.job(job.id)).state is JobState.SUCCEEDED


async def test_names_that_cannot_be_stored_are_survived(board: JobBoard) -> None:
    """A file whose name or error holds what PostgreSQL cannot keep is worked on like any other."""
    job = await board.submit([Upload("a\x00\udc80.md", b"1")])
    (upload,) = await board.start(job.id)
    await board.record(job.id, FileResult(upload.name, "failed", None, 0, 0.1, "at \x00 or \ud800"))
    assert (await board.job(job.id)).done == 1


async def test_an_unknown_job_is_named(board: JobBoard) -> None:
    """The error names the id that does not exist."""
    unknown = uuid4()
    for ask in (board.job, board.start):
        with pytest.raises(UnknownJobError, match=str(unknown)):
            await ask(unknown)
    await board.record(unknown, result("a.md"))
    await board.finish(unknown)
