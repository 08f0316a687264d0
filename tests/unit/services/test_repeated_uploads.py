"""Which of several uploads of one name stands in the end?"""

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.adapters.parsers.sidecars import SidecarFiles
from rag.adapters.prometheus import PrometheusTelemetry
from rag.ports.jobs import Job, JobState, Upload
from rag.services.describe_files import DescribeFiles
from rag.services.run_job import RunJob
from tests.support.workbench import Workbench


def outcomes(job: Job) -> dict[str, str]:
    """Give what became of each file."""
    return {result.name: result.outcome for result in job.results}


async def test_an_older_upload_overwrites_no_newer_one() -> None:
    """A job that comes late, or is tried again, leaves out what a later one took in, with its sidecars."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    describing = RunJob(
        jobs=jobs,
        ingest=bench.ingest(),
        telemetry=PrometheusTelemetry(version="0"),
        describe=DescribeFiles(SidecarFiles()),
    )
    older = await jobs.submit(
        [
            Upload("a.md", b"The old text."),
            Upload("a.md.meta.yaml", b"title: Old"),
            Upload("b.md", b"Only here."),
        ]
    )
    newer = await jobs.submit([Upload("a.md", b"The new and longer text.")])
    await describing(newer.id)
    await describing(older.id)
    ended = await jobs.job(older.id)
    assert ended.state is JobState.SUCCEEDED
    assert outcomes(ended) == {"a.md": "unchanged", "a.md.meta.yaml": "unchanged", "b.md": "added"}
    (left_out,) = [result for result in ended.results if result.name == "a.md"]
    assert left_out.notes == ("A newer upload of this name was taken in before.",)
    (kept,) = [summary for summary in await bench.library.summaries() if summary.source == "a.md"]
    assert kept.id == left_out.document_id
    assert kept.title != "Old"
    assert kept.size_bytes == len(b"The new and longer text.")
