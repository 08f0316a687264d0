"""Which figures of a run does a report put into tables?"""

from collections.abc import Iterable, Sequence

from rag.domain.abstention_curve import abstention_curve
from rag.domain.golden import CaseKind
from rag.domain.report import GATED, MEASURES, CaseResult, Difference, Report, Summary
from rag.interfaces.report.markup import Html, element, joined, text
from rag.interfaces.report.wording import (
    EMPTY,
    kind_name,
    measure_name,
    milliseconds,
    score,
    share,
    signed,
)


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, class_: str = "") -> Html:
    """This will make a table that scrolls where the screen is narrow; a row's first cell is its heading."""
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:]))
        for row in rows
    ]
    inside = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        class_=class_ or None,
    )
    return element("div", inside, class_="scroll", role="region", aria_label=caption, tabindex=0)


def summary_table(summaries: Sequence[Summary]) -> Html:
    """This will show every measure for all questions, and for each kind, with its interval."""
    found = {(summary.measure, summary.kind): summary for summary in summaries}
    kinds = [kind for kind in (None, *CaseKind) if any(summary.kind == kind for summary in summaries)]
    measures = [measure for measure in MEASURES if any(one.measure == measure for one in summaries)]
    return table(
        "Means with their 95 % intervals, and the number of questions",
        ["Measure", *(kind_name(kind) for kind in kinds)],
        [
            [measure_name(measure), *(_summary_cell(found.get((measure, kind))) for kind in kinds)]
            for measure in measures
        ],
        class_="figures",
    )


def _summary_cell(summary: Summary | None) -> Html:
    if summary is None:
        return text(EMPTY)
    return joined(
        [
            element("b", score(summary.mean)),
            element("small", f"{score(summary.low)} to {score(summary.high)}, n = {summary.cases}"),
        ]
    )


def differences_table(caption: str, differences: Sequence[Difference], *, before: str, now: str) -> Html:
    """This will show what each measure was, what it is, and the difference with its interval."""
    return table(
        caption,
        ["Measure", before, now, "Difference", "95 % interval", "Meaning"],
        [
            [
                measure_name(one.measure),
                score(one.baseline),
                score(one.now),
                element("b", signed(one.difference)),
                f"{signed(one.low)} to {signed(one.high)}",
                element("span", verdict_on(one), class_=f"word {one.trend}"),
            ]
            for one in differences
        ],
        class_="figures",
    )


def verdict_on(difference: Difference) -> str:
    """This will say in words what a difference means."""
    if difference.fails:
        return "▼ worse, beyond the tolerance"
    words = {"worse": "▼ worse", "better": "▲ better", "same": "no clear change"}
    return words[difference.trend]


def abstention_table(results: Sequence[CaseResult]) -> Html:
    """This will count, for each kind, what was answered and what was declined, and which of it was wrong."""
    rows = []
    for kind in CaseKind:
        of_kind = [result for result in results if result.case.kind is kind]
        if of_kind:
            declined = sum(result.abstained for result in of_kind)
            answered = len(of_kind) - declined
            wrong = answered if kind is CaseKind.UNANSWERABLE else declined
            rows.append(
                [
                    kind_name(kind),
                    str(len(of_kind)),
                    str(answered),
                    str(declined),
                    f"{wrong} ({share(wrong, len(of_kind))})",
                ]
            )
    headings = ["Kind", "Questions", "Answered", "Declined", "Wrong decision"]
    return table("Answered and declined questions", headings, rows, class_="figures")


def curve_table(results: Sequence[CaseResult]) -> Html:
    """This will show what other floors of confidence would decline; nothing where that cannot be told."""
    effects = abstention_curve(results)
    rows = [
        [f"{one.floor:g}", f"{one.answerable_declined:.0%}", f"{one.unanswerable_declined:.0%}"]
        for one in effects
    ]
    headings = ["RAG_ANSWER_FLOOR", "Answerable and declined", "Unanswerable and declined"]
    return table("What each floor would decline", headings, rows, class_="figures") if rows else joined([])


def latency_table(report: Report) -> Html:
    """This will show the median and the 95th percentile of every stage."""
    return table(
        "Time by stage",
        ["Stage", "Median", "95 % within"],
        [
            [name, milliseconds(median), milliseconds(p95)]
            for name, (median, p95) in report.stage_latency.items()
        ],
        class_="figures",
    )


def case_table(results: Sequence[CaseResult]) -> Html:
    """This will list every question with its gated scores; the page's script makes it sort and filter."""
    return table(
        "All questions",
        ["Question", "Kind", "Decision", *(measure_name(measure) for measure in GATED), "Time in ms"],
        [
            [
                joined([element("code", result.case.id), " ", result.case.question]),
                kind_name(result.case.kind),
                "declined" if result.abstained else "answered",
                *(score(result.scores.get(measure)) for measure in GATED),
                f"{result.latency_ms:.0f}",
            ]
            for result in results
        ],
        class_="cases",
    )
