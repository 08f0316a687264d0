"""Does every job board keep the promises of `rag.ports.jobs`?"""

import asyncio
from uuid import uuid4

import pytest

from rag.ports.jobs import FileResult, JobBoard, JobState, UnknownJobError, Upload, WaitingFile
from tests.support.outcomes import FILES, ended_with, result, waiting_bytes


async def test_a_submitted_job_waits(board: JobBoard) -> None:
    """A new job is queued, with nothing done, and can be looked up."""
    job = await board.submit(FILES)
    assert (job.state, job.total, job.done) == (JobState.QUEUED, 3, 0)
    assert (job.started_at, job.finished_at, job.seconds_left) == (None, None, None)
    assert job.created_at.tzinfo is not None
    assert await board.job(job.id) == job


async def test_a_started_job_gives_its_files(board: JobBoard) -> None:
    """The worker gets every name and size in the order of the upload, and the bytes when it asks."""
    job = await board.submit(FILES)
    waiting = [WaitingFile(upload.name, len(upload.content)) for upload in FILES]
    assert list(await board.start(job.id)) == waiting
    assert await board.contents(job.id, ["b.pdf", "other"]) == {"b.pdf": FILES[1].content}
    assert await waiting_bytes(board, job.id) == {upload.name: upload.content for upload in FILES}
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
    files = await waiting_bytes(board, job.id)
    assert list(files.items()) == [("a.md", b"1"), ("a (2).md", b"2"), ("x", b"3"), ("x (2)", b"4")]
    for name in files:
        await board.record(job.id, result(name))
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
    (file,) = await board.start(job.id)
    await board.record(job.id, FileResult(file.name, "failed", None, 0, 0.1, "at \x00 or \ud800", ("\x00",)))
    assert (await board.job(job.id)).done == 1


async def test_an_unknown_job_is_named(board: JobBoard) -> None:
    """The error names the id that does not exist."""
    unknown = uuid4()
    for ask in (board.job, board.start, board.cancel, board.retry):
        with pytest.raises(UnknownJobError, match=str(unknown)):
            await ask(unknown)
    with pytest.raises(UnknownJobError, match=str(unknown)):
        await board.jobs(after=unknown)
    with pytest.raises(UnknownJobError, match=str(unknown)):
        await board.expand(unknown, "a.zip", [])
    assert await board.record(unknown, result("a.md")) is False
    assert await board.contents(unknown, ["a.md"]) == {}
    await board.finish(unknown)


async def test_a_job_with_a_waiting_file_does_not_end(board: JobBoard) -> None:
    """What nobody has recorded cannot be lost in a job that looks done."""
    job = await board.submit(FILES)
    await board.start(job.id)
    await board.record(job.id, result("a.md"))
    await board.finish(job.id)
    assert (await board.job(job.id)).state is JobState.RUNNING


async def test_progress_is_told_in_files_and_bytes(board: JobBoard) -> None:
    """Both are counted, the failed ones too, and the time left follows from the bytes."""
    job = await board.submit(FILES)
    sizes = [len(upload.content) for upload in FILES]
    assert (job.progress.bytes_total, job.progress.bytes_done) == (sum(sizes), 0)
    await board.start(job.id)
    await board.record(job.id, result("a.md"))
    await board.record(job.id, result("empty.txt", "failed"))
    running = await board.job(job.id, with_results=False)
    assert running.results == ()
    progress = running.progress
    assert (progress.done, progress.failed, progress.bytes_done) == (2, 1, sizes[0])
    assert progress.files_per_second is not None
    assert progress.bytes_per_second is not None
    assert progress.files_per_second > 0
    assert running.seconds_left == pytest.approx(sizes[1] / progress.bytes_per_second)


async def test_jobs_are_listed_the_newest_first(board: JobBoard) -> None:
    """Page by page, each once, and by state where one is asked for."""
    jobs = [await board.submit(FILES[:1]) for _ in range(5)]
    newest = [job.id for job in reversed(jobs)]
    first = await board.jobs(limit=3)
    second = await board.jobs(limit=3, after=first[-1].id)
    assert [job.id for job in (*first, *second)] == newest
    await board.cancel(newest[1])
    assert [job.id for job in await board.jobs(state=JobState.CANCELLED)] == [newest[1]]
    assert len(await board.jobs(state=JobState.QUEUED)) == 4
    assert await board.jobs(state=JobState.FAILED) == []


async def test_the_backlog_is_what_waits(board: JobBoard) -> None:
    """Jobs are counted by state, and files and bytes only where they wait."""
    assert (await board.backlog()).files == 0
    await ended_with(board, "added", "added", "failed")
    job = await board.submit(FILES)
    await board.start(job.id)
    await board.record(job.id, result("a.md"))
    backlog = await board.backlog()
    assert dict(backlog.jobs) == {JobState.SUCCEEDED: 1, JobState.RUNNING: 1}
    assert (backlog.files, backlog.size_bytes) == (2, len(FILES[1].content))
