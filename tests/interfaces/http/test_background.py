"""What the service does besides answering."""

import asyncio

import pytest
from structlog.typing import EventDict

from rag.interfaces.http import background
from rag.interfaces.http.background import Warmth, at_work, kept_running, warm_up
from rag.ports.models import EmbedderUnavailableError
from rag.ports.search import SearchUnavailableError
from tests.interfaces.http.stand import FILES, Stand, until
from tests.interfaces.http.test_failures import failing


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PAUSE_SECONDS", 0.0)


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

    async def work() -> None:
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
