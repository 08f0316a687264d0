"""What is said of a run, and when it fails."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.domain.recipe import RankingRecipe
from rag.domain.report import GATED, MEASURES, CaseResult, Run, baseline_of, report_on

PERFECT = dict.fromkeys(MEASURES, 1.0)


def result(
    number: int, scores: Mapping[str, float | None], *, kind: CaseKind = CaseKind.ANSWERABLE
) -> CaseResult:
    """Make what became of a case."""
    return CaseResult(
        case=Case(f"case-{number}", "Why?", kind, (ExpectedEvidence("a.md"),)),
        scores=scores,
        abstained=False,
        answer="So.",
        passages=(),
        citations=(),
        timings_ms={"embed": float(number)},
        latency_ms=10.0 * number,
        cost_usd=0.0,
    )


def run_of(*results: CaseResult) -> Run:
    """Make a run."""
    return Run("set", datetime(2026, 1, 1, tzinfo=UTC), "rag-0001", "model", RankingRecipe(), results)


GOOD = run_of(*(result(number, PERFECT) for number in range(1, 101)))


def worse(measure: str, *, cases: int) -> Run:
    """Give the good run with a measure lost in some cases."""
    lost = tuple(replace(one, scores={**PERFECT, measure: 0.0}) for one in GOOD.results[:cases])
    return replace(GOOD, results=(*lost, *GOOD.results[cases:]))


@pytest.mark.parametrize("measure", GATED)
def test_a_gated_measure_that_falls_by_more_than_the_tolerance_fails_the_run(measure: str) -> None:
    """The reason names it with both means; exactly the tolerance is not more."""
    report = report_on(worse(measure, cases=3), baseline_of(GOOD))
    assert not report.verdict.passed
    assert report.verdict.reasons == (
        f"{measure} fell from 1.000 to 0.970, more than the tolerance of 0.02.",
    )
    assert report_on(worse(measure, cases=2), baseline_of(GOOD)).verdict.passed
    assert report_on(worse(measure, cases=3), baseline_of(GOOD), tolerance=0.05).verdict.passed


def test_a_measure_that_is_not_gated_is_shown_as_worse_and_fails_nothing() -> None:
    """It says where to look."""
    report = report_on(worse("hit@1", cases=50), baseline_of(GOOD))
    assert report.verdict.passed
    assert [one.measure for one in report.differences if one.worse] == ["hit@1"]


def test_a_case_of_the_baseline_that_was_not_asked_fails_the_run() -> None:
    """A question must not vanish because it is answered badly."""
    fewer = replace(GOOD, results=GOOD.results[1:])
    report = report_on(fewer, baseline_of(GOOD))
    assert not report.verdict.passed
    assert "case-1" in report.verdict.reasons[0]
    assert report_on(fewer, baseline_of(GOOD).only(one.case.id for one in fewer.results)).verdict.passed


@pytest.mark.parametrize(
    "kept", [("abstention",), tuple(one for one in MEASURES if one != "answer_containment")]
)
def test_a_case_that_a_gated_measure_no_longer_applies_to_fails_the_run(kept: tuple[str, ...]) -> None:
    """As when its kind becomes unanswerable under the same id, or its answers are taken away."""
    fewer = {measure: 1.0 if measure in kept else None for measure in MEASURES}
    changed = replace(GOOD, results=(replace(GOOD.results[0], scores=fewer), *GOOD.results[1:]))
    report = report_on(changed, baseline_of(GOOD))
    assert not report.verdict.passed
    assert report.verdict.reasons == ("Cases that a gated measure no longer applies to: 1 (case-1).",)
    assert report_on(GOOD, baseline_of(changed)).verdict.passed


def test_a_new_case_is_not_compared() -> None:
    """Means are over the cases that both have."""
    grown = replace(GOOD, results=(*GOOD.results, result(101, dict.fromkeys(MEASURES, 0.0))))
    report = report_on(grown, baseline_of(GOOD))
    assert report.verdict.passed
    assert {one.difference for one in report.differences} == {0.0}


def test_without_a_baseline_a_run_passes_and_says_so() -> None:
    """Nothing was compared."""
    report = report_on(GOOD, None)
    assert report.verdict.passed
    assert "no baseline" in report.verdict.reasons[0]
    assert report.differences == ()


def test_measures_are_summed_up_by_kind_where_they_apply() -> None:
    """A kind to which a measure does not apply has no line."""
    declined = {**dict.fromkeys(MEASURES), "abstention": 0.0}
    report = report_on(run_of(result(1, PERFECT), result(2, declined, kind=CaseKind.UNANSWERABLE)), None)
    lines = {(one.measure, one.kind): (one.cases, one.mean) for one in report.summaries}
    assert lines["abstention", None] == (2, 0.5)
    assert lines["abstention", CaseKind.UNANSWERABLE] == (1, 0.0)
    assert lines["recall@5", None] == (1, 1.0)
    assert ("recall@5", CaseKind.UNANSWERABLE) not in lines
    assert ("recall@5", CaseKind.FOLLOW_UP) not in lines


def test_latency_is_given_by_stage_and_in_total() -> None:
    """Median and 95th percentile, by the nearest rank."""
    assert report_on(GOOD, None).stage_latency == {"embed": (50.0, 95.0), "total": (500.0, 950.0)}


def test_the_worst_cases_come_first_and_those_without_fault_not_at_all() -> None:
    """Cases with several faults before those with one."""
    one_fault, two_faults = {**PERFECT, "recall@5": 0.0}, {**PERFECT, "recall@5": 0.0, "abstention": 0.0}
    report = report_on(run_of(result(1, PERFECT), result(2, one_fault), result(3, two_faults)), None)
    assert [one.case.id for one in report.worst] == ["case-3", "case-2"]


def test_an_empty_run_can_be_summed_up() -> None:
    """There is nothing to say of it."""
    report = report_on(run_of(), None)
    assert (report.summaries, report.worst, dict(report.stage_latency)) == ((), (), {})
