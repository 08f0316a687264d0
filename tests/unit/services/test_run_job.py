"""Carrying out jobs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.ports.jobs import FileResult, JobState, Upload
from tests.support.job_runs import job_runner, outcomes
from tests.support.workbench import Workbench

TEXTS = [Upload(f"{number:02}.md", f"Report {number} is about cranes.".encode()) for number in range(20)]


class WatchedBoard(InMemoryJobBoard):
    """A board that remembers what was read, and tells a test of every outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[list[str]] = []
        self.on_record = self._nothing

    async def _nothing(self, job_id: UUID, recorded: int) -> None:
        assert recorded, job_id

    async def contents(self, job_id: UUID, names: Sequence[str]) -> Mapping[str, bytes]:
        """Remember the names."""
        self.read.append(list(names))
        return await super().contents(job_id, names)

    async def record(self, job_id: UUID, result: FileResult) -> bool:
        """Let the test do something beforehand."""
        await self.on_record(job_id, 1 + (await self.job(job_id)).done)
        return await super().record(job_id, result)


async def test_every_upload_gets_an_outcome() -> None:
    """A job with one bad file succeeds in part and says what is wrong."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([Upload("a.md", b"A backup runs every night."), Upload("empty.md", b" ")])
    await job_runner(bench, jobs)(job.id)
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
    run = job_runner(bench, jobs)
    await run(job.id)
    await run(job.id)
    done = await jobs.job(job.id)
    assert [result.outcome for result in done.results] == ["added"]
    assert (await bench.library.counts()).documents == 1


async def test_a_job_of_bad_files_alone_fails() -> None:
    """Nothing was taken in."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([Upload("empty.md", b"")])
    await job_runner(bench, jobs)(job.id)
    assert (await jobs.job(job.id)).state is JobState.FAILED


async def test_a_job_is_read_in_parts() -> None:
    """However large a job is, only so many bytes of it are held at once."""
    bench, jobs = Workbench(), WatchedBoard()
    job = await jobs.submit(TEXTS)
    await replace(job_runner(bench, jobs), batch_bytes=110)(job.id)
    assert max(len(names) for names in jobs.read) == 4
    assert [name for names in jobs.read for name in names] == [upload.name for upload in TEXTS]
    assert (await jobs.job(job.id)).state is JobState.SUCCEEDED


async def test_a_cancelled_job_is_left_within_a_group() -> None:
    """What is stored says so, everything else is cancelled, and nothing more is begun."""
    bench, jobs = Workbench(), WatchedBoard()

    async def cancel(job_id: UUID, recorded: int) -> None:
        if recorded == 5:
            await jobs.cancel(job_id)

    jobs.on_record = cancel
    job = await jobs.submit(TEXTS)
    await job_runner(bench, jobs)(job.id)
    ended = await jobs.job(job.id)
    stored = {summary.source for summary in await bench.library.summaries()}
    assert ended.state is JobState.CANCELLED
    assert {name for name, outcome in outcomes(ended).items() if outcome == "added"} == stored
    assert 5 <= len(stored) < 15
    assert set(outcomes(ended).values()) == {"added", "cancelled"}


async def test_a_halted_worker_leaves_the_rest_to_another() -> None:
    """It ends what is in work, the job stays open, and the next run does what is left."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit(TEXTS)
    first = job_runner(bench, jobs)
    asked = 0

    def halted() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    await replace(first, halted=halted)(job.id)
    left = await jobs.job(job.id)
    assert left.state is JobState.RUNNING
    assert left.done == (await bench.library.counts()).documents == 8
    await first(job.id)
    assert set(outcomes(await jobs.job(job.id)).values()) == {"added"}
    assert (await bench.library.counts()).documents == 20


async def test_files_that_come_in_while_a_job_runs_are_taken_in() -> None:
    """An archive that gave way to its files is not the end of the job."""
    bench, jobs = Workbench(), WatchedBoard()

    async def unpack(job_id: UUID, recorded: int) -> None:
        if recorded == 1:
            await jobs.expand(job_id, "19.md", [Upload("inside.md", b"A crane stands inside.")])

    jobs.on_record = unpack
    job = await jobs.submit(TEXTS)
    await job_runner(bench, jobs)(job.id)
    ended = await jobs.job(job.id)
    assert (ended.state, ended.total, outcomes(ended)["inside.md"]) == (JobState.SUCCEEDED, 20, "added")


async def test_two_workers_on_one_job_end_as_one_does() -> None:
    """Taken over too early, a job is done twice over and still comes out the same."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([*TEXTS, Upload("empty.md", b"")])
    await asyncio.gather(*(job_runner(bench, jobs)(job.id) for _ in range(2)))
    ended = await jobs.job(job.id)
    assert (ended.state, ended.done, ended.progress.failed) == (JobState.SUCCEEDED, 21, 1)
    counts = await bench.library.counts()
    assert (counts.documents, counts.chunks) == (20, 20)
    live = await bench.library.live_generation()
    assert live is not None
    assert await bench.index.count(live.name) == 20


async def test_a_sidecar_shares_the_outcome_of_its_document() -> None:
    """It describes the document and is none itself; without a document it fails, and with a bad one too."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit(
        [
            Upload("a.md.meta.yaml", b"title: At night"),
            Upload("a.md", b"A backup runs every night."),
            Upload("lost.md.meta.yaml", b"title: Lost"),
            Upload("void.md", b" "),
            Upload("void.md.meta.yaml", b"title: Void"),
        ]
    )
    await job_runner(bench, jobs)(job.id)
    ended = await jobs.job(job.id)
    assert outcomes(ended) == {
        "a.md.meta.yaml": "added",
        "a.md": "added",
        "lost.md.meta.yaml": "failed",
        "void.md": "failed",
        "void.md.meta.yaml": "failed",
    }
    codes = {result.name: result.error_code for result in ended.results if result.error_code}
    assert codes["lost.md.meta.yaml"] == "sidecar_without_document"
    assert codes["void.md.meta.yaml"] == codes["void.md"] == "document_empty"
    assert [summary.title for summary in await bench.library.summaries()] == ["At night"]
    assert (await bench.library.counts()).documents == 1


async def test_a_halt_before_a_sidecar_is_read_fails_no_file() -> None:
    """The document waits for the next worker, with what its sidecar says."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    job = await jobs.submit([Upload("a.md", b"Words."), Upload("a.md.meta.yaml", b"title: At night")])
    run = job_runner(bench, jobs)
    await replace(run, halted=lambda: True)(job.id)
    assert (await jobs.job(job.id)).done == 0
    await run(job.id)
    assert set(outcomes(await jobs.job(job.id)).values()) == {"added"}
    assert [summary.title for summary in await bench.library.summaries()] == ["At night"]
