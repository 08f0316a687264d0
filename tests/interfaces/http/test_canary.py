"""How a running service asks itself golden questions."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.typing import EventDict

from rag.bootstrap import load_settings
from rag.domain.canary import CanaryRun
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, InvalidTestSetError
from rag.interfaces.http import canary
from rag.interfaces.http.app import serving_app
from rag.interfaces.http.canary import asking_itself, tell
from rag.ports.search import SearchUnavailableError
from tests.interfaces.http.stand import FILES, NIGHTLY, QUESTION, Stand, until
from tests.interfaces.http.test_failures import failing

RUN_AT = "rag_canary_last_run_timestamp_seconds"
FOUND = Case(
    "found", QUESTION, CaseKind.ANSWERABLE, evidence=(ExpectedEvidence("guides/backup.md", NIGHTLY),)
)
MISSED = Case("missed", QUESTION, CaseKind.ANSWERABLE, evidence=(ExpectedEvidence("elsewhere.md"),))


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "LEAST_PAUSE_SECONDS", 0.01)


@asynccontextmanager
async def asking(stand: Stand, cases: Sequence[Case] = (FOUND, MISSED)) -> AsyncIterator[None]:
    """Let the stand ask itself."""
    async with asking_itself(stand.app(), cases):
        yield


async def test_the_recall_is_exported_and_the_query_log_left_alone(
    stand: Stand, log_lines: list[EventDict]
) -> None:
    """Half of the evidence is found, nothing is logged as a question, and no answer is counted."""
    await stand.bench.take_in(*FILES)
    assert math.isnan(stand.count("rag_canary_recall"))
    async with asking(stand):
        await until(lambda: stand.count(RUN_AT) > 0)
    assert stand.count("rag_canary_recall") == 0.5
    assert stand.count("rag_canary_drift") == 0.0
    assert stand.count("rag_canary_questions") == 2
    assert stand.count("rag_canary_failures_total") == 0
    assert stand.bench.journal.queries == {}
    assert stand.count("rag_queries_total", outcome="answered") == 0
    (line,) = [line for line in log_lines if line["event"] == "canary"]
    assert (line["recall"], line["missed"]) == (0.5, ["missed"])


async def test_a_failure_is_counted_and_the_next_run_comes(stand: Stand, log_lines: list[EventDict]) -> None:
    """An outage is logged with the case; when it is over, the recall is there."""
    await stand.bench.take_in(*FILES)
    stand.settings = {"RAG_CANARY_SECONDS": "1"}
    working = stand.bench.embedder
    stand.bench.embedder = failing(SearchUnavailableError("away"))
    app = stand.app()
    async with asking_itself(app, [FOUND]):
        await until(lambda: stand.count("rag_canary_failures_total") >= 1)
        assert math.isnan(stand.count("rag_canary_recall"))
        object.__setattr__(app.state.application.search, "embedder", working)
        await until(lambda: stand.count("rag_canary_recall") == 1.0)
    assert "canary_unanswered" in {line["event"] for line in log_lines}
    assert "found" in {line.get("case") for line in log_lines}


async def test_without_questions_it_is_off(stand: Stand) -> None:
    """Nothing is asked, and the figures say so."""
    async with asking(stand, ()):
        await asyncio.sleep(0.05)
    assert stand.count("rag_canary_questions") == 0
    assert math.isnan(stand.count("rag_canary_recall"))


async def test_drift_is_against_the_first_whole_run_of_the_generation(stand: Stand) -> None:
    """Above 0 is worse; another generation starts anew, and a run with failures is no measure."""
    application, first = stand.application(), dict[str, float]()

    def drift_after(recall: float | None, generation: str | None = "rag-1", failures: int = 0) -> float:
        tell(CanaryRun(9, failures, recall, generation, ()), application, first=first)
        return stand.count("rag_canary_drift")

    assert drift_after(0.5, failures=1) == 0.0
    assert drift_after(0.75) == 0.0
    assert drift_after(0.5) == 0.25
    assert drift_after(1.0) == -0.25
    assert drift_after(0.5, "rag-2") == 0.0
    assert drift_after(0.25, "rag-2") == 0.25
    assert drift_after(1.0, None) == 0.25
    assert drift_after(None) == 0.25
    assert first == {"rag-1": 0.75, "rag-2": 0.5}
    assert stand.count("rag_canary_recall") == 1.0


@pytest.mark.parametrize(
    ("content", "complaint"), [("{", "golden.json"), (json.dumps({"name": "g", "cases": []}), "golden.json")]
)
async def test_a_bad_test_set_stops_the_start(tmp_path: Path, content: str, complaint: str) -> None:
    """It is told in one line, before anything is opened."""
    path = tmp_path / "golden.json"
    path.write_text(content, encoding="utf-8")
    settings = load_settings({"RAG_CANARY_TEST_SET": str(path), "RAG_DATA_DIR": str(tmp_path / "data")})
    app = serving_app(settings)
    with pytest.raises(InvalidTestSetError, match=complaint):
        async with app.router.lifespan_context(app):
            pytest.fail("it started")
    assert not (tmp_path / "data").exists()


async def test_an_index_that_lost_its_points_does_not_look_healthy(stand: Stand) -> None:
    """Its recall is 0, and the drift says how much that is less than before."""
    await stand.bench.take_in(*FILES)
    stand.settings = {"RAG_CANARY_SECONDS": "1"}
    async with asking(stand, [FOUND]):
        await until(lambda: stand.count("rag_canary_recall") == 1.0)
        live = await stand.bench.library.live_generation()
        assert live is not None
        async for page in stand.bench.index.chunk_ids(live.name):
            await stand.bench.index.remove(live.name, page)
        await until(lambda: stand.count("rag_canary_recall") == 0.0)
    assert stand.count("rag_canary_drift") == 1.0
    assert stand.count("rag_canary_failures_total") == 0


async def test_a_library_without_documents_has_no_recall(stand: Stand, log_lines: list[EventDict]) -> None:
    """There is nothing to find, so that nothing is found says nothing."""
    async with asking(stand):
        await until(lambda: "canary_found_nothing" in {line["event"] for line in log_lines})
    assert math.isnan(stand.count("rag_canary_recall"))
