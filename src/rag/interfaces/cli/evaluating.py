"""How does a run over a test set look on the terminal, and in JSON?"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from math import fsum
from typing import TYPE_CHECKING, Final

from rag.domain.abstention_curve import abstention_curve
from rag.domain.golden import CaseKind
from rag.domain.report import GATED, MEASURES, baseline_of, report_on
from rag.interfaces.cli.output import counted, note, say, say_table
from rag.interfaces.cli.shapes import Shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.domain.report import CaseResult, Difference, Report, Summary, Verdict

WORST_NAMED: Final = 5
MISQUOTED_NAMED: Final = 8


def say_evaluation(report: "Report", *, other: "Report | None" = None, judged: bool = True) -> None:
    """This will print the measures by kind, what changed, how long it took, and the verdict if `judged`."""
    run = report.run
    say(
        f"{run.test_set}: {counted(len(run.results), 'case')}, generation {run.generation}, model {run.model}"
    )
    say()
    kinds = [kind for kind in (None, *CaseKind) if any(one.kind is kind for one in report.summaries)]
    headings = ["all" if kind is None else kind.value for kind in kinds]
    say_table(
        ["MEASURE", *(heading.upper() for heading in headings)],
        [
            [measure, *(_summary(report.summaries, measure, kind) for kind in kinds)]
            for measure in MEASURES
            if any(one.measure == measure for one in report.summaries)
        ],
        folds=[heading.upper() for heading in headings],
    )
    say("A mean over the cases, and its 95 % interval.")
    _say_differences("the baseline", report.differences)
    if any(one.fails for one in report.differences):
        say(f"The gate looks at {', '.join(GATED)}.")
    if other:
        # A comparison fails nothing, so only what is more than chance is marked.
        between = [replace(one, worse=False) for one in _between(other, report)]
        _say_differences(f"the run of {other.run.started_at:%Y-%m-%d %H:%M}", between)
    _say_curve(run.results)
    _say_latency(report)
    say(f"Cost: ${_cost_usd(run.results):.4f}")
    _say_worst(report.worst)
    if judged:
        say()
        _say_verdict(report.verdict)


def _say_verdict(verdict: "Verdict") -> None:
    if not verdict.compared:
        say("Nothing was compared: there is no baseline; --set-baseline makes one.")
        return
    say("Passed." if verdict.passed else "Failed.")
    for reason in verdict.reasons:
        say(f"  {reason}")


def say_baseline_set(report: "Report") -> None:
    """This will say that the run is the baseline now, and how it stood to the one that it replaces."""
    say()
    if not report.verdict.compared:
        say("The baseline is set; nothing was compared.")
        return
    say("The baseline is set. Held against the one that it replaces:")
    for reason in report.verdict.reasons:
        say(f"  {reason}")


def say_misquoted(case_ids: Sequence[str]) -> None:
    """This will remark on cases that cannot be scored well: their documents do not hold their quotes."""
    if not case_ids:
        return
    more = len(case_ids) - MISQUOTED_NAMED
    named = ", ".join(case_ids[:MISQUOTED_NAMED]) + (f" and {more} more" if more > 0 else "")
    verb, whose = ("expects", "its") if len(case_ids) == 1 else ("expect", "their")
    note(
        f"{counted(len(case_ids), 'case')} {verb} words that {whose} documents do not hold: {named}. "
        "`rag golden check` shows the nearest text."
    )


def _summary(summaries: "Sequence[Summary]", measure: str, kind: CaseKind | None) -> str | None:
    for one in summaries:
        if one.measure == measure and one.kind is kind:
            return f"{one.mean:.3f} ({one.low:.2f}-{one.high:.2f})"
    return None


def _between(other: "Report", report: "Report") -> "Sequence[Difference]":
    """Hold the run against another one, whatever the gate says."""
    return report_on(report.run, baseline_of(other.run)).differences


def _say_differences(from_what: str, differences: "Sequence[Difference]") -> None:
    if not differences:
        return
    say()
    say(f"Compared with {from_what}:")
    say_table(
        ["MEASURE", "BEFORE", "NOW", "DIFFERENCE", "95 %", ""],
        [
            [
                one.measure,
                f"{one.baseline:.3f}",
                f"{one.now:.3f}",
                f"{one.difference:+.3f}",
                f"{one.low:+.3f} to {one.high:+.3f}",
                _mark(one),
            ]
            for one in differences
        ],
    )


def _mark(one: "Difference") -> str:
    """Say what a difference means, as the report does: an interval that holds 0 may be chance."""
    if one.fails:
        return "worse, beyond the tolerance"
    return "" if one.trend == "same" else one.trend


def _say_curve(results: "Sequence[CaseResult]") -> None:
    effects = abstention_curve(results)
    if effects:
        say()
        say("What each floor of confidence would decline:")
        say_table(
            ["RAG_ANSWER_FLOOR", "ANSWERABLE", "UNANSWERABLE"],
            [
                [f"{one.floor:g}", f"{one.answerable_declined:.0%}", f"{one.unanswerable_declined:.0%}"]
                for one in effects
            ],
        )


def _say_latency(report: "Report") -> None:
    stages = [f"{stage} {p50:.0f}/{p95:.0f}" for stage, (p50, p95) in report.stage_latency.items()]
    say()
    say(f"Milliseconds, median/95th percentile: {', '.join(stages)}")


def _say_worst(worst: "Sequence[CaseResult]") -> None:
    if worst:
        say(f"Worst cases: {', '.join(result.case.id for result in worst[:WORST_NAMED])}")


def evaluation_shape(report: "Report", *, other: "Report | None" = None) -> Shape:
    """This will give the report for `--json`."""
    run = report.run
    return {
        "test_set": run.test_set,
        "started_at": run.started_at.isoformat(),
        "generation": run.generation,
        "model": run.model,
        "passed": report.verdict.passed,
        "reasons": list(report.verdict.reasons),
        "measures": [asdict(one) for one in report.summaries],
        "differences": [asdict(one) for one in report.differences],
        "other_differences": [asdict(one) for one in _between(other, report)] if other else [],
        "latency_ms": {
            stage: {"p50": round(p50, 3), "p95": round(p95, 3)}
            for stage, (p50, p95) in report.stage_latency.items()
        },
        "cost_usd": _cost_usd(run.results),
        "floors": [asdict(effect) for effect in abstention_curve(run.results)],
        "cases": [_case_shape(result) for result in run.results],
    }


def _cost_usd(results: "Sequence[CaseResult]") -> float:
    return fsum(result.cost_usd for result in results)


def _case_shape(result: "CaseResult") -> Shape:
    return {
        "id": result.case.id,
        "kind": result.case.kind.value,
        "question": result.case.question,
        "abstained": result.abstained,
        "confidence": result.confidence,
        "answer": result.answer,
        "scores": dict(result.scores),
        "latency_ms": round(result.latency_ms, 3),
    }
