"""Keeping runs and baselines."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.adapters.test_sets import FileRuns
from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.domain.recipe import FusionMethod, RankingRecipe
from rag.domain.report import MEASURES, CaseResult, PassageShown, Run, baseline_of
from rag.ports.baselines import InvalidRunError
from rag.ports.files import NoSuchPathError

RESULT = CaseResult(
    case=Case("why", "Why?", CaseKind.FOLLOW_UP, (ExpectedEvidence("a.md", "So."),), ("so",), ("What?",)),
    scores={**dict.fromkeys(MEASURES), "recall@5": 0.3333, "abstention": 1.0},
    abstained=False,
    answer="So. \ud800 [1]",
    passages=(
        PassageShown("a.md", None, "So.\n<b>", holds_evidence=True),
        PassageShown("b.md", "S", "", False),
    ),
    citations=("So.",),
    timings_ms={"embed": 1.5},
    latency_ms=2.5,
    cost_usd=0.0,
    confidence=0.25,
)
RUN = Run(
    test_set="mine",
    started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    generation=None,
    model="a-model/fp32/abc",
    ranking=RankingRecipe(
        fusion=FusionMethod.RECIPROCAL_RANK, dense_weight=0.7, reranker="late-interaction", floor=0.4
    ),
    results=(RESULT, replace(RESULT, case=Case("else", "What else?", CaseKind.UNANSWERABLE))),
)


def test_a_run_is_read_as_it_was_saved(tmp_path: Path) -> None:
    """With its texts, whatever stands in them; and it serves as a baseline."""
    FileRuns().save(tmp_path / "run.json", RUN)
    assert FileRuns().read(tmp_path / "run.json") == RUN
    assert FileRuns().read_baseline(tmp_path / "run.json") == baseline_of(RUN)


def test_a_baseline_holds_scores_alone_a_line_a_case_in_order(tmp_path: Path) -> None:
    """So that two of them can be compared by eye, and a second one of the same run is the same file."""
    path = tmp_path / "baseline.json"
    FileRuns().save_baseline(path, RUN)
    text = path.read_text(encoding="utf-8")
    assert FileRuns().read_baseline(path) == baseline_of(RUN)
    assert "What else?" not in text
    assert [line.strip().partition(":")[0] for line in text.splitlines()[-4:-2]] == ['"else"', '"why"']
    FileRuns().save_baseline(path, replace(RUN, results=RUN.results[::-1], started_at=datetime.now(tz=UTC)))
    assert path.read_text(encoding="utf-8") == text


def test_a_baseline_is_no_whole_run(tmp_path: Path) -> None:
    """It has no texts to compare."""
    FileRuns().save_baseline(tmp_path / "baseline.json", RUN)
    with pytest.raises(InvalidRunError, match="scores alone"):
        FileRuns().read(tmp_path / "baseline.json")


def saved(tmp_path: Path) -> dict[str, object]:
    """Save the run, and give its JSON."""
    FileRuns().save(tmp_path / "run.json", RUN)
    shape = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert isinstance(shape, dict)
    return shape


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": "other"}, "neither"),
        ({"started_at": "yesterday"}, "field started_at"),
        ({"ranking": {"fusion": "best"}}, "field fusion"),
        ({"ranking": None}, "field ranking"),
        ({"results": [{"case": {"id": "why"}}]}, "case why, field question"),
        ({"results": [1]}, "field results"),
    ],
)
def test_a_malformed_run_is_refused_with_the_field(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    """The file and the field are named."""
    path = tmp_path / "changed.json"
    path.write_text(json.dumps({**saved(tmp_path), **change}), encoding="utf-8")
    with pytest.raises(InvalidRunError, match=complaint) as raised:
        FileRuns().read(path)
    assert str(path) in str(raised.value)


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    """The case is named."""
    path = tmp_path / "baseline.json"
    FileRuns().save_baseline(path, RUN)
    text = path.read_text(encoding="utf-8").replace("0.3333", '"high"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRunError, match="case else, field recall@5: It must be a number"):
        FileRuns().read_baseline(path)


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-0.1", "1.5", "1" + "0" * 400])
def test_a_score_that_would_silence_the_gate_is_refused(tmp_path: Path, score: str) -> None:
    """Nothing is less than NaN, and nothing falls below minus infinity."""
    path = tmp_path / "baseline.json"
    FileRuns().save_baseline(path, RUN)
    path.write_text(path.read_text(encoding="utf-8").replace("0.3333", score), encoding="utf-8")
    with pytest.raises(InvalidRunError, match="case else, field recall@5"):
        FileRuns().read_baseline(path)


def test_a_run_that_is_not_there_is_said(tmp_path: Path) -> None:
    """As any path."""
    with pytest.raises(NoSuchPathError):
        FileRuns().read_baseline(tmp_path / "none.json")
