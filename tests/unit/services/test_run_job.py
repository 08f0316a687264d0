"""Carrying out jobs."""

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.adapters.prometheus import PrometheusTelemetry
from rag.ports.jobs import JobState, Upload
from rag.services.run_job import RunJob
from tests.support.workbench import Workbench


def service(bench: Workbench, jobs: InMemoryJobBoard) -> RunJob:
    """Make the service that runs jobs."""
    return RunJob(jobs=jobs, ingest=bench.ingest(), telemetry=PrometheusTelemetry(version="0"))


async def test_every_upload_gets_an_outcome() -> None:
    """A job with one bad file succeeds in part and says what is wrong."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([Upload("a.md", b"A backup runs every night."), Upload("empty.md", b" ")])
    await service(bench, jobs)(job.id)
    done = await jobs.job(job.id)
    assert done.state is JobState.SUCCEEDED
    assert {result.name: result.outcome for result in done.results} == {"a.md": "added", "empty.md": "failed"}
    (failed,) = [result for result in done.results if result.error]
    assert failed.error is not None
    assert failed.error.startswith("empty.md holds no text. An empty file has nothing to find;")


async def test_a_job_that_is_run_twice_does_its_work_once() -> None:
    """A second worker finds nothing left to do."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([Upload("a.md", b"A backup runs every night.")])
    run = service(bench, jobs)
    await run(job.id)
    await run(job.id)
    done = await jobs.job(job.id)
    assert [result.outcome for result in done.results] == ["added"]
    assert (await bench.library.counts()).documents == 1


async def test_a_job_of_bad_files_alone_fails() -> None:
    """Nothing was taken in."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([Upload("empty.md", b"")])
    await service(bench, jobs)(job.id)
    assert (await jobs.job(job.id)).state is JobState.FAILED
