"""Which of several uploads of one name stands in the end?"""

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.ports.jobs import JobState, Upload
from tests.support.job_runs import job_runner, outcomes
from tests.support.workbench import Workbench


async def test_an_older_upload_overwrites_no_newer_one() -> None:
    """A job that comes late, or is tried again, leaves out what a later one took in, with its sidecars."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    run = job_runner(bench, jobs)
    older = await jobs.submit(
        [
            Upload("a.md", b"The old text."),
            Upload("a.md.meta.yaml", b"title: Old"),
            Upload("b.md", b"Only here."),
        ]
    )
    newer = await jobs.submit([Upload("a.md", b"The new and longer text.")])
    await run(newer.id)
    await run(older.id)
    ended = await jobs.job(older.id)
    assert ended.state is JobState.SUCCEEDED
    assert outcomes(ended) == {"a.md": "unchanged", "a.md.meta.yaml": "unchanged", "b.md": "added"}
    (left_out,) = [result for result in ended.results if result.name == "a.md"]
    assert left_out.notes == ("A newer upload of this name was taken in before.",)
    (kept,) = [summary for summary in await bench.library.summaries() if summary.source == "a.md"]
    assert kept.id == left_out.document_id
    assert kept.title != "Old"
    assert kept.size_bytes == len(b"The new and longer text.")
