"""How a run over a test set reads at the terminal."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rag.domain.golden import Case, CaseKind
from rag.domain.recipe import RankingRecipe
from rag.domain.report import CaseResult, Run, baseline_of, report_on
from rag.interfaces.cli.evaluating import say_evaluation, say_misquoted


def run_with(**scores: float) -> Run:
    """Give a run in which each of twenty cases has these scores."""
    named = {name.replace("_at_", "@"): score for name, score in scores.items()}
    result = CaseResult(
        case=Case("a", "Why?", CaseKind.UNANSWERABLE),
        scores=named,
        abstained=False,
        answer="So.",
        passages=(),
        citations=(),
        timings_ms={},
        latency_ms=1.0,
        cost_usd=0.0,
    )
    results = tuple(replace(result, case=replace(result.case, id=str(number))) for number in range(20))
    return Run("set", datetime(2026, 1, 1, tzinfo=UTC), "rag-0001", "model", RankingRecipe(), results)


BEFORE = run_with(recall_at_5=1.0, hit_at_1=1.0, hit_at_5=0.5, abstention=0.5)
NOW = run_with(recall_at_5=0.5, hit_at_1=0.5, hit_at_5=1.0, abstention=0.5)


def marks(printed: str) -> dict[str, str]:
    """Read what stands behind the interval of each measure in the table of differences."""
    rows = [line for line in printed.splitlines() if line.startswith(("recall", "hit", "abst"))]
    return {
        row.split()[0]: row.rpartition(" to ")[2].partition(" ")[2].strip() for row in rows if " to " in row
    }


def test_only_a_gated_measure_is_beyond_the_tolerance(capsys: pytest.CaptureFixture[str]) -> None:
    """What is more than chance is worse or better, and the rest has no mark."""
    say_evaluation(report_on(NOW, baseline_of(BEFORE)))
    printed = capsys.readouterr().out
    table = printed[printed.index("Compared with the baseline") : printed.index("The gate looks at")]
    assert marks(table) == {
        "recall@5": "worse, beyond the tolerance",
        "hit@1": "worse",
        "hit@5": "better",
        "abstention": "",
    }


def test_a_comparison_with_a_run_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """So no measure is beyond any tolerance."""
    say_evaluation(report_on(NOW, None), other=report_on(BEFORE, None))
    printed = capsys.readouterr().out
    assert marks(printed)["recall@5"] == "worse"
    assert "The gate" not in printed


def test_many_misquoted_cases_are_not_all_named(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is said of none."""
    say_misquoted([])
    say_misquoted(["a", "b"])
    say_misquoted([str(number) for number in range(9)])
    advice = "`rag golden check` shows the nearest text."
    assert capsys.readouterr().err.splitlines() == [
        f"2 cases expect words that their documents do not hold: a, b. {advice}",
        f"9 cases expect words that their documents do not hold: 0, 1, 2, 3, 4, 5, 6, 7 and 1 more. {advice}",
    ]
