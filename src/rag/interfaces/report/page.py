"""What stands on the page, and in which order?"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from rag.bootstrap import write_file
from rag.domain.golden import CaseKind
from rag.domain.report import GATED, MEASURES, Report, Summary
from rag.interfaces.report.cases import worst_questions
from rag.interfaces.report.comparison import against_baseline, against_other, ranking_of
from rag.interfaces.report.markup import Html, element, joined
from rag.interfaces.report.plots import Mark, latency_plot, scores_plot
from rag.interfaces.report.tables import (
    abstention_table,
    case_table,
    curve_table,
    latency_table,
    summary_table,
    table,
)
from rag.interfaces.report.wording import (
    MEANINGS,
    kind_name,
    measure_name,
    score,
    share,
    signed,
)

LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page, which the list at its top links to."""

    id: str
    title: str
    content: Html


def write_report(report: Report, path: Path, *, other: Report | None = None) -> None:
    """This will write one HTML file that shows the run, and with `other` how the two runs differ.

    The file needs no network and no other file; a reader without JavaScript misses only the sorting and
    filtering. It appears whole or not at all.

    Raises:
        UnwritableFileError: the disk does not take it.
    """
    write_file(path, report_page(report, other=other))


def report_page(report: Report, *, other: Report | None = None) -> Html:
    """This will give the whole page."""
    style, script = (_asset(name) for name in ("page.css", "cases.js"))
    # The browser runs this one script and nothing else, should a tag ever slip through.
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_digest(script)}'"
    title = f"Evaluation of {report.run.test_set}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", style),
    )
    sections = _sections(report, other)
    links = element("nav", *(element("a", s.title, href=f"#{s.id}") for s in sections), aria_label="Sections")
    main = element("main", *(_section(section) for section in sections))
    body = element("body", _header(title, report), links, main, element("script", script))
    return joined([Html("<!doctype html>\n"), element("html", head, body, lang=LANGUAGE)])


def _asset(name: str) -> Html:
    return Html(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _section(section: Section) -> Html:
    return element("section", element("h2", section.title), section.content, id=section.id)


def _sections(report: Report, other: Report | None) -> list[Section]:
    results = report.run.results
    compared = [Section("comparison", "Two runs", against_other(report, other))] if other else []
    return [
        Section("measures", "Measures", _measures(report)),
        Section("baseline", "Baseline", against_baseline(report)),
        *compared,
        Section("abstention", "Abstention", _abstention(report)),
        Section("latency", "Latency", _latency(report)),
        Section("worst", "Worst questions", worst_questions(report.worst)),
        Section("cases", "All questions", case_table(results)),
        Section("words", "What the measures mean", _meanings()),
    ]


def _header(title: str, report: Report) -> Html:
    run, verdict = report.run, report.verdict
    words = "✓ Passed" if verdict.passed else "✗ Failed"
    facts = {
        "Questions": str(len(run.results)),
        "Started": f"{run.started_at:%Y-%m-%d %H:%M %Z}",
        "Index": run.generation or "none",
        "Model": run.model,
        "Ranking": ranking_of(run),
        "Cost": f"${sum(result.cost_usd for result in run.results):.4f}",
    }
    return element(
        "header",
        element("h1", title),
        element(
            "div",
            element("p", words, class_="verdict"),
            element("ul", *(element("li", reason) for reason in verdict.reasons)),
            class_=f"banner {'passed' if verdict.passed else 'failed'}",
        ),
        _tiles(report),
        element(
            "dl",
            *(element("div", element("dt", name), element("dd", value)) for name, value in facts.items()),
        ),
    )


def _tiles(report: Report) -> Html:
    changes = {one.measure: one for one in report.differences}
    tiles = []
    for summary in report.summaries:
        if summary.kind is None and summary.measure in GATED:
            change = changes.get(summary.measure)
            was = f"{signed(change.difference)} from the baseline" if change else "no baseline"
            tiles.append(
                element(
                    "li",
                    element("span", measure_name(summary.measure)),
                    element("b", score(summary.mean)),
                    element("small", f"{score(summary.low)} to {score(summary.high)}"),
                    element("small", was, class_="word worse" if change and change.worse else "word"),
                )
            )
    return element("ul", *tiles, class_="tiles")


def _measures(report: Report) -> Html:
    by_measure = {
        measure: [summary for summary in report.summaries if summary.measure == measure]
        for measure in MEASURES
    }
    figures = [_measure(measure, found) for measure, found in by_measure.items() if found]
    if not figures:
        return element("p", "Nothing was measured.")
    return joined([element("div", *figures, class_="plots"), summary_table(report.summaries)])


def _measure(measure: str, summaries: Sequence[Summary]) -> Html:
    marks = [
        Mark(
            kind_name(one.kind),
            one.mean,
            one.low,
            one.high,
            score(one.mean),
            "kind" if one.kind else "all",
        )
        for one in summaries
    ]
    name = measure_name(measure)
    plot = scores_plot(
        name,
        marks,
        description=f"The mean of {name} by kind of question, with its 95 % interval, from 0 to 1. "
        "The table below has the same figures.",
    )
    return element("figure", element("figcaption", element("b", name), ": ", MEANINGS[measure]), plot)


def _abstention(report: Report) -> Html:
    results = report.run.results
    unanswerable = [result for result in results if result.case.kind is CaseKind.UNANSWERABLE]
    answerable = [result for result in results if result.case.kind is not CaseKind.UNANSWERABLE]
    missed = sum(result.abstained for result in answerable)
    invented = sum(not result.abstained for result in unanswerable)
    told = (
        f"Of {len(answerable)} answerable questions, {missed} were declined "
        f"({share(missed, len(answerable))}). Of {len(unanswerable)} unanswerable ones, {invented} were "
        f"answered all the same ({share(invented, len(unanswerable))})."
    )
    return joined([element("p", told), abstention_table(results), curve_table(results)])


def _latency(report: Report) -> Html:
    if not report.stage_latency:
        return element("p", "Nothing was timed.")
    plot = latency_plot(
        "Time by stage",
        report.stage_latency,
        description="A bar for each stage's median, and a paler one for its 95th percentile, in "
        "milliseconds. The table below has the same figures.",
    )
    caption = element(
        "figcaption",
        "The strong bar is the median; 95 % of the questions stay within the faint one. Milliseconds.",
    )
    return joined([element("figure", plot, caption), latency_table(report)])


def _meanings() -> Html:
    rows = [[measure_name(measure), MEANINGS[measure]] for measure in MEASURES]
    return table("From 0 to 1, and more is better", ["Measure", "Meaning"], rows, class_="words")
