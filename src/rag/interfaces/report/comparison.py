"""How do two runs over one test set differ, and on which questions?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import fsum
from typing import Final

from rag.domain.report import GATED, CaseResult, Difference, Report, Run, baseline_of, report_on
from rag.interfaces.report.cases import said
from rag.interfaces.report.markup import Html, element, joined
from rag.interfaces.report.plots import Mark, differences_plot
from rag.interfaces.report.tables import differences_table, table
from rag.interfaces.report.wording import kind_name, measure_name, score, signed

SHOWN: Final = 20
LEAST_CHANGE: Final = 0.0005  # what is written as 0.000 is no change


@dataclass(frozen=True, slots=True)
class Changed:
    """A question in both runs; `change` is what its mean over the gated measures gained."""

    before: CaseResult
    now: CaseResult
    change: float


def against_baseline(report: Report) -> Html:
    """This will show the differences between a run and its baseline."""
    if not report.differences:
        return element("p", "There is no baseline, so nothing was compared.")
    return joined(
        [
            _plot("Differences from the baseline", report.differences),
            differences_table(
                "The run against its baseline", report.differences, before="Baseline", now="This run"
            ),
        ]
    )


def against_other(report: Report, other: Report) -> Html:
    """This will show what changed between another run and this one, by measure and by question."""
    differences = report_on(report.run, baseline_of(other.run)).differences
    if not differences:
        return element("p", "The two runs have no question in common.")
    changed = _changes(report.run, other.run)
    worse = [one for one in changed if one.change < -LEAST_CHANGE]
    better = [one for one in reversed(changed) if one.change > LEAST_CHANGE]
    alone = _asked_by_one(report.run, other.run)
    return joined(
        [
            _facts(report.run, other.run),
            _plot("Differences from the other run", differences),
            differences_table(
                "This run against the other run", differences, before="Other run", now="This run"
            ),
            element("p", f"Asked by only one of the two: {alone}.") if alone else "",
            element("h3", f"▼ Questions that got worse ({len(worse)})"),
            _side_by_side(worse),
            element("h3", f"▲ Questions that got better ({len(better)})"),
            _side_by_side(better),
        ]
    )


def _plot(title: str, differences: Sequence[Difference]) -> Html:
    marks = [
        Mark(
            measure_name(one.measure),
            one.difference,
            one.low,
            one.high,
            signed(one.difference),
            one.trend,
        )
        for one in differences
    ]
    return element(
        "figure",
        differences_plot(
            title,
            marks,
            description="A dot for each measure's difference, with its 95 % interval. Right of the line at "
            "zero is better. The table below has the same figures.",
        ),
        element(
            "figcaption",
            "Left of the line is worse, right of it better; an interval that holds the line may be chance.",
        ),
    )


def _facts(run: Run, other: Run) -> Html:
    rows = [
        ["Started", f"{other.started_at:%Y-%m-%d %H:%M}", f"{run.started_at:%Y-%m-%d %H:%M}"],
        ["Index", other.generation or "none", run.generation or "none"],
        ["Model", other.model, run.model],
        ["Ranking", ranking_of(other), ranking_of(run)],
    ]
    return table("The two runs", ["Fact", "Other run", "This run"], rows)


def ranking_of(run: Run) -> str:
    """This will describe in one line how a run's passages were ranked."""
    facts = asdict(run.ranking).items()
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts)


def _changes(run: Run, other: Run) -> list[Changed]:
    """Give the questions of both runs, the one that lost most first."""
    earlier = {result.case.id: result for result in other.results}
    changed = [
        Changed(before, now, change)
        for now in run.results
        if (before := earlier.get(now.case.id)) is not None and (change := _change(before, now)) is not None
    ]
    return sorted(changed, key=lambda one: (one.change, one.now.case.id))


def _change(before: CaseResult, now: CaseResult) -> float | None:
    gains = [
        later - sooner
        for measure in GATED
        if (sooner := before.scores.get(measure)) is not None
        and (later := now.scores.get(measure)) is not None
    ]
    return fsum(gains) / len(gains) if gains else None


def _asked_by_one(run: Run, other: Run) -> str:
    alone = {result.case.id for result in run.results} ^ {result.case.id for result in other.results}
    return ", ".join(sorted(alone))


def _side_by_side(changed: Sequence[Changed]) -> Html:
    if not changed:
        return element("p", "None.")
    left_out = len(changed) - SHOWN
    shown = [_pair(one) for one in changed[:SHOWN]]
    rest = element("p", f"{left_out} more are in the saved runs.") if left_out > 0 else Html()
    return joined([*shown, rest])


def _pair(one: Changed) -> Html:
    case = one.now.case
    return element(
        "details",
        element(
            "summary",
            element("b", case.question),
            " ",
            element("small", f"{kind_name(case.kind)}, {case.id}, {signed(one.change)}"),
        ),
        element(
            "div",
            element("div", element("h4", "Other run"), _side(one.before), class_="side"),
            element("div", element("h4", "This run"), _side(one.now), class_="side"),
            class_="sides",
        ),
        class_="question",
    )


def _side(result: CaseResult) -> Html:
    scores = [
        element("li", f"{measure_name(measure)} ", element("b", score(value)))
        for measure in GATED
        if (value := result.scores.get(measure)) is not None
    ]
    first = next((place for place, one in enumerate(result.passages, 1) if one.holds_evidence), None)
    found = f"Evidence first stands at rank {first}." if first else "No passage holds evidence."
    passages = element("p", found) if result.passages else Html()
    return joined([element("ul", *scores, class_="chips"), said(result), passages])
