"""What the service does besides answering."""

import asyncio

import pytest
from structlog.typing import EventDict

from rag.interfaces import worker
from rag.interfaces.http import background
from rag.interfaces.http.background import Warmth, at_work, warm_up, watch_backlog
from rag.interfaces.worker import kept_running
from rag.ports.jobs import Backlog, Upload
from rag.ports.library import LibraryUnavailableError
from rag.ports.models import EmbedderUnavailableError
from rag.ports.search import SearchUnavailableError
from tests.interfaces.http.stand import FILES, Stand, until
from tests.interfaces.http.test_failures import failing


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(background, "BACKLOG_SECONDS", 0.001)
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize("knows_documents", [True, False])
async def test_one_search_makes_warm(stand: Stand, knows_documents: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """With documents or without: the model was used."""
    if knows_documents:
        await stand.bench.take_in(*FILES)
    warm = Warmth()
    await asyncio.wait_for(warm_up(stand.application(), warm), 5)
    assert warm.is_set()


async def test_warming_up_waits_for_a_missing_part(stand: Stand, log_lines: list[EventDict]) -> None:
    """The model that does not answer yet is asked again."""
    stand.bench.embedder = embedder = failing(EmbedderUnavailableError("not yet"))
    warm = Warmth()
    warming = asyncio.create_task(warm_up(stand.application(), warm))
    await until(lambda: len(log_lines) >= 3)
    assert not warm.is_set()
    embedder.failure = SearchUnavailableError("not yet either")
    await until(lambda: "not yet either" in log_lines[-1]["detail"])
    assert not warm.is_set()
    warming.cancel()
    await asyncio.wait({warming})
    assert {line["event"] for line in log_lines} == {"warm_up_waits"}


async def test_work_that_fails_is_begun_anew(stand: Stand, log_lines: list[EventDict]) -> None:
    """Foreseen or not, a failure is counted and logged, and the work goes on."""
    failures: list[Exception | None] = [SearchUnavailableError("away"), ValueError("a mistake"), None]

    async def work() -> None:
        failure = failures.pop(0)
        if failure:
            raise failure

    await asyncio.wait_for(kept_running(work, stand.application()), 5)
    assert failures == []
    assert stand.count("rag_errors_total", kind="QdrantException") == 1
    assert stand.count("rag_errors_total", kind="InternalError") == 1
    assert [line["event"] for line in log_lines] == ["jobs_failed", "jobs_failed"]


async def test_work_ends_with_the_service(stand: Stand) -> None:
    """Leaving the context stops the work and waits for its end."""
    steps: list[str] = []

    async def work(*, until_empty: bool = False) -> None:
        assert not until_empty
        steps.append("begun")
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            steps.append("tidied up")

    stand.consume_jobs = work
    warm = Warmth()
    async with at_work(stand.application(), warm):
        await asyncio.wait_for(warm.wait(), 5)
    assert steps == ["begun", "tidied up"]


async def test_jobs_can_be_left_to_others(stand: Stand) -> None:
    """A service that does not work takes no job, and still shows what waits."""

    async def work(*, until_empty: bool = False) -> None:
        pytest.fail(f"a job was asked for ({until_empty})")

    stand.consume_jobs = work
    await stand.jobs.submit([Upload("a.md", b"12"), Upload("b.md", b"345")])
    async with at_work(stand.application(), Warmth(), works=False):
        await until(lambda: stand.count("rag_job_files_waiting") == 2)
    assert stand.count("rag_job_bytes_waiting") == 5
    assert stand.count("rag_jobs", state="queued") == 1
    assert stand.count("rag_jobs", state="running") == 0


async def test_the_backlog_is_watched_through_an_outage(stand: Stand, log_lines: list[EventDict]) -> None:
    """While PostgreSQL is away the last figures stay, and afterwards they are new again."""
    answers: list[Backlog | None] = [None, Backlog({}, 7, 70)]
    asked = stand.jobs.backlog

    async def backlog() -> Backlog:
        answer = answers.pop(0) if answers else await asked()
        if answer is None:
            raise LibraryUnavailableError("PostgreSQL does not answer.")
        return answer

    stand.jobs.backlog = backlog  # type: ignore[method-assign]  # an outage on the way
    watching = asyncio.create_task(watch_backlog(stand.application()))
    await until(lambda: stand.count("rag_job_files_waiting") == 7)
    watching.cancel()
    await asyncio.wait({watching})
    assert [line["event"] for line in log_lines] == ["backlog_unknown"]
