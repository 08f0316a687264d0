"""Does every job board let jobs be cancelled, tried again and filled from archives as promised?"""

import pytest

from rag.ports.jobs import (
    JobBoard,
    JobEndedError,
    JobNotEndedError,
    JobState,
    NothingToRetryError,
    Upload,
    failure_of,
)
from rag.ports.parsing import FileTooLargeError
from tests.support.outcomes import FILES, ended_with, result, waiting_bytes


@pytest.mark.parametrize("started", [True, False])
async def test_a_cancelled_job_ends_at_once(board: JobBoard, *, started: bool) -> None:
    """What has an outcome keeps it, everything else is cancelled and its bytes are gone."""
    job = await board.submit(FILES)
    if started:
        await board.start(job.id)
        assert await board.record(job.id, result("a.md")) is True
    cancelled = await board.cancel(job.id)
    first = "added" if started else "cancelled"
    assert [each.outcome for each in cancelled.results] == [first, "cancelled", "cancelled"]
    assert (cancelled.state, cancelled.done) == (JobState.CANCELLED, 3)
    assert cancelled.finished_at is not None
    assert await board.cancel(job.id) == cancelled
    assert await waiting_bytes(board, job.id) == {}
    assert (await board.job(job.id)).state is JobState.CANCELLED


async def test_what_was_in_work_at_the_cancelling_is_told(board: JobBoard) -> None:
    """A file that was stored all the same is not called cancelled, and the worker hears that it may stop."""
    job = await board.submit(FILES)
    await board.start(job.id)
    await board.cancel(job.id)
    assert await board.record(job.id, result("a.md")) is False
    assert await board.record(job.id, result("a.md", "failed")) is False
    assert [each.outcome for each in (await board.job(job.id)).results] == ["added", "cancelled", "cancelled"]


async def test_an_ended_job_cannot_be_cancelled(board: JobBoard) -> None:
    """The error says how it ended."""
    job = await ended_with(board, "added")
    with pytest.raises(JobEndedError, match="succeeded already"):
        await board.cancel(job.id)


async def test_failed_files_are_tried_again_alone(board: JobBoard) -> None:
    """Their bytes were kept, the others keep their outcomes, and the second try counts like a first."""
    job = await ended_with(board, "added", "failed", "failed")
    again = await board.retry(job.id)
    assert (again.state, again.done, again.progress.failed) == (JobState.QUEUED, 1, 0)
    assert (again.started_at, again.finished_at) == (None, None)
    assert await waiting_bytes(board, job.id) == {"b.pdf": FILES[1].content, "empty.txt": b""}
    assert (await board.job(job.id)).progress.files_per_second is None
    await board.record(job.id, result("b.pdf"))
    await board.record(job.id, result("empty.txt", "failed"))
    await board.finish(job.id)
    done = await board.job(job.id)
    assert (done.state, done.progress.failed) == (JobState.SUCCEEDED, 1)
    assert [each.outcome for each in done.results] == ["added", "added", "failed"]


async def test_only_failed_files_can_be_tried_again(board: JobBoard) -> None:
    """A job that waits or runs, one without failures, and cancelled files are refused."""
    waiting = await board.submit(FILES)
    with pytest.raises(JobNotEndedError, match="still queued"):
        await board.retry(waiting.id)
    await board.cancel(waiting.id)
    for job_id in (waiting.id, (await ended_with(board, "added")).id):
        with pytest.raises(NothingToRetryError, match="no failed file"):
            await board.retry(job_id)


async def test_cancelled_files_stay_cancelled(board: JobBoard) -> None:
    """A cancelled job's failed files can be tried again, and it is still a cancelled job afterwards."""
    job = await board.submit(FILES)
    await board.start(job.id)
    await board.record(job.id, result("a.md", "failed"))
    await board.cancel(job.id)
    await board.retry(job.id)
    assert await waiting_bytes(board, job.id) == {"a.md": FILES[0].content}
    await board.record(job.id, result("a.md"))
    await board.finish(job.id)
    done = await board.job(job.id)
    assert done.state is JobState.CANCELLED
    assert [each.outcome for each in done.results] == ["added", "cancelled", "cancelled"]


async def test_an_archive_gives_way_to_its_files(board: JobBoard) -> None:
    """They stand at the end of the list under names of their own, and are counted instead of it."""
    job = await board.submit([Upload("x.zip", b"packed"), *FILES])
    await board.start(job.id)
    members = [Upload("x.zip/a.md", b"one"), Upload("x.zip/b.md", b"four"), Upload("x.zip/c.md", b"three")]
    new = ["x.zip/a.md", "x.zip/b.md", "x.zip/c.md"]
    assert await board.expand(job.id, "x.zip", members) == new
    assert await board.expand(job.id, "x.zip", members) is None
    names = [file.name for file in await board.start(job.id)]
    assert names == [*(upload.name for upload in FILES), *new]
    assert list((await board.contents(job.id, new)).values()) == [b"one", b"four", b"three"]
    expanded = await board.job(job.id)
    assert expanded.total == 6
    assert expanded.progress.bytes_total == sum(len(upload.content) for upload in FILES) + 12
    await board.cancel(job.id)
    await board.expand(job.id, "a.md", members)
    assert (await board.job(job.id)).total == 6


async def test_a_newer_upload_stands_against_an_older_one(board: JobBoard) -> None:
    """A file that a later job has taken in is named to the earlier job, and never the other way round."""
    older, middle, newer = [await board.submit(FILES) for _ in range(3)]
    names = [upload.name for upload in FILES]
    assert await board.superseded(older.id, names) == {}
    await board.record(middle.id, result("a.md", "unchanged"))
    await board.record(newer.id, result("empty.txt", "failed"))
    a_md = result("a.md").document_id
    assert await board.superseded(older.id, names) == {"a.md": a_md}
    assert await board.superseded(older.id, ["b.pdf"]) == {}
    assert await board.superseded(newer.id, names) == {}
    await board.record(older.id, result("a.md"))
    assert await board.superseded(older.id, names) == {}
    assert await board.superseded(newer.id, names) == {}


async def test_an_archive_may_give_way_part_by_part(board: JobBoard) -> None:
    """It waits until the last part, and what was put there before is left out when it all begins again."""
    job = await board.submit([Upload("x.zip", b"packed"), *FILES])
    first = [Upload("x.zip/a.md", b"one")]
    second = [Upload("x.zip/b.md", b"two"), Upload("x.zip/c.md", b"three")]
    assert await board.expand(job.id, "x.zip", first, last=False) == ["x.zip/a.md"]
    assert await board.contents(job.id, ["x.zip"]) == {"x.zip": b"packed"}
    assert (await board.job(job.id)).total == 5
    await board.record(job.id, result("x.zip/a.md"))
    assert await board.expand(job.id, "x.zip", first, last=False) == []
    assert await board.expand(job.id, "x.zip", second) == ["x.zip/b.md", "x.zip/c.md"]
    assert await board.contents(job.id, ["x.zip", "x.zip/a.md"]) == {}
    expanded = await board.job(job.id)
    assert (expanded.total, expanded.done) == (6, 1)


async def test_what_is_wrong_with_a_member_comes_with_it(board: JobBoard) -> None:
    """It has its outcome at once, and is not tried again as an empty file."""
    job = await board.submit([Upload("x.zip", b"packed")])
    await board.start(job.id)
    bad = failure_of("x.zip/b.md", FileTooLargeError("It is too large."))
    await board.expand(job.id, "x.zip", [Upload("x.zip/a.md", b"one"), bad])
    assert [file.name for file in await board.start(job.id)] == ["x.zip/a.md"]
    assert (await board.job(job.id)).results == (bad,)
    await board.record(job.id, result("x.zip/a.md", "failed"))
    await board.finish(job.id)
    await board.retry(job.id)
    assert [file.name for file in await board.start(job.id)] == ["x.zip/a.md"]
    assert [each.error_code for each in (await board.job(job.id)).results] == ["file_too_large"]


async def test_sidecars_of_documents_of_one_name_follow_them(board: JobBoard) -> None:
    """Each document keeps the sidecar that was sent for it."""
    sent = [Upload("a.md", b"1"), Upload("a.md.meta.yaml", b"x"), Upload("a.md", b"2")]
    job = await board.submit([*sent, Upload("a.md.meta.yaml", b"y")])
    assert await waiting_bytes(board, job.id) == {
        "a.md": b"1",
        "a.md.meta.yaml": b"x",
        "a (2).md": b"2",
        "a (2).md.meta.yaml": b"y",
    }
