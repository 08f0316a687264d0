"""The report on a run: complete, safe, and readable with nothing but the file."""

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from rag.domain.golden import CaseKind
from rag.domain.report import Report, Run, baseline_of, report_on
from rag.interfaces.report import write_report
from rag.interfaces.report.page import report_page
from rag.ports.test_sets import UnwritableFileError
from tests.support.reports import QUOTE, case_result, small_run, with_question

HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)> \" ' &amp; \x00\ud800"


def page_of(report: Report, *, other: Report | None = None) -> LexborHTMLParser:
    """Read a report as a browser does."""
    return LexborHTMLParser(report_page(report, other=other).encode())


def words_in(page: LexborHTMLParser, selector: str) -> str:
    """Give the text of the first element that is selected, white space folded."""
    found = page.css_first(selector)
    assert found is not None
    return " ".join(found.text().split())


def test_the_file_needs_nothing_else(tmp_path: Path) -> None:
    """No address is in it but links within the page, and a policy forbids the browser to load anything."""
    write_report(report_on(small_run(), None), tmp_path / "report.html")
    written = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    page = LexborHTMLParser(written.encode())
    assert not re.findall(r"https?:|//[a-z]|url\(|@import", written)
    assert {node.attributes["href"] for node in page.css("[href]")} == {
        f"#{node.attributes['id']}" for node in page.css("section")
    }
    assert not page.css("[src], link, iframe, img")
    policy = page.css_first("meta[http-equiv]")
    assert policy is not None
    assert str(policy.attributes["content"]).startswith("default-src 'none';")


def test_the_policy_allows_the_one_script() -> None:
    """Its digest is that of the script as it stands on the page."""
    page = page_of(report_on(small_run(), None))
    (script,) = page.css("script")
    digest = base64.b64encode(hashlib.sha256(script.text().encode()).digest()).decode()
    policy = page.css_first("meta[http-equiv]")
    assert policy is not None
    assert f"'sha256-{digest}'" in str(policy.attributes["content"])


@pytest.mark.parametrize("other", [False, True])
def test_words_of_documents_and_people_are_never_tags(tmp_path: Path, *, other: bool) -> None:
    """Whatever stands in a question, a passage, a citation or a name is shown as text."""
    run = with_question(small_run(score=0.5, text=HOSTILE), HOSTILE)
    run = replace(run, test_set=HOSTILE, generation=HOSTILE, model=HOSTILE)
    before = report_on(small_run(), None) if other else None
    write_report(report_on(run, None), tmp_path / "report.html", other=before)
    page = LexborHTMLParser((tmp_path / "report.html").read_bytes())
    assert len(page.css("script")) == len(page.css("style")) == 1
    assert not page.css("img, [onerror]")
    for selector in ("h1", "summary b", ".answer", "q", ".passages p", ".cases tbody th"):
        assert any("<script>alert(1)</script>" in node.text() for node in page.css(selector)), selector
    assert b"\x00" not in (tmp_path / "report.html").read_bytes()


def test_the_verdict_and_its_reasons_come_first() -> None:
    """A run that fell below its baseline fails in words, with what fell and by how much."""
    worse = report_on(small_run(score=0.0), baseline_of(small_run()))
    banner = words_in(page_of(worse), "header .banner")
    assert banner.startswith("✗ Failed")
    assert all(reason in banner for reason in worse.verdict.reasons)
    assert words_in(page_of(report_on(small_run(), None)), "header .banner").startswith("✓ Passed")


def test_every_measure_stands_in_a_plot_and_in_the_table() -> None:
    """The figures by kind, with intervals and numbers of cases, are there for eyes and for screen readers."""
    report = report_on(small_run(), None)
    page = page_of(report)
    measured = {summary.measure.replace("_", " ") for summary in report.summaries}
    assert {node.text() for node in page.css("#measures svg title")} == measured
    assert {node.text() for node in page.css("#measures tbody th")} == measured
    whole = next(one for one in report.summaries if one.measure == "abstention" and one.kind is None)
    row = next(row for row in page.css("#measures tbody tr") if "abstention" in row.text())
    assert f"{whole.mean:.3f}" in row.text()
    assert f"{whole.low:.3f} to {whole.high:.3f}, n = 5" in row.text()


def test_differences_from_the_baseline_are_plotted_around_zero() -> None:
    """Each measure has its difference with its interval, and what fell is called worse."""
    page = page_of(report_on(small_run(score=0.0), baseline_of(small_run())))
    assert len(page.css("#baseline svg .zero")) == 1
    assert len(page.css("#baseline svg .mark.worse")) == len(page.css("#baseline tbody .worse")) > 0
    assert "▼ worse, beyond the tolerance" in words_in(page, "#baseline tbody")
    assert words_in(page_of(report_on(small_run(), None)), "#baseline p").startswith("There is no baseline")


def test_wrong_decisions_are_counted() -> None:
    """How many answerable questions were declined, and how many unanswerable ones were answered."""
    told = words_in(page_of(report_on(small_run(), None)), "#abstention p")
    assert told == (
        "Of 3 answerable questions, 1 were declined (33 %). "
        "Of 2 unanswerable ones, 1 were answered all the same (50 %)."
    )


def test_latency_has_bars_and_figures_by_stage() -> None:
    """Median and 95th percentile of each stage, and of the whole answer."""
    page = page_of(report_on(small_run(), None))
    assert len(page.css("#latency svg .p50")) == len(page.css("#latency svg .p95")) == 3
    assert [row.text() for row in page.css("#latency tbody th")] == ["embed", "retrieve", "total"]


def test_a_bad_question_shows_what_was_expected_found_and_said() -> None:
    """The passage that holds the evidence is marked, and the quote within it."""
    report = report_on(small_run(score=0.2), None)
    question = next(node for node in page_of(report).css("#worst .question") if "annual-leave" in node.text())
    assert len(question.css(".passages > li")) == 2
    (evidence,) = question.css(".passages > li.evidence")
    assert "✓ holds evidence" in evidence.text()
    assert "leave.md › Leave > Annual leave" in evidence.text()  # noqa: RUF001 - a path's sign
    assert [node.text() for node in evidence.css("mark")] == [QUOTE]
    assert "Accepted answers: thirty days" in question.text()
    assert "✓ Answered, as it should be" in question.text()


def test_a_wrong_decision_is_told_in_words() -> None:
    """A declined answerable question and an answered unanswerable one are both called wrong."""
    page = page_of(report_on(small_run(), None))
    said = {node.text() for node in page.css("#worst .word.worse")}
    assert said == {"✗ Declined, and should not have been", "✗ Answered, and should not have been"}


def test_every_case_is_in_the_table() -> None:
    """Sorted and filtered or not, nothing is left out."""
    run = small_run()
    rows = page_of(report_on(run, None)).css("table.cases tbody tr")
    assert len(rows) == len(run.results)
    assert all(result.case.question in row.text() for row, result in zip(rows, run.results, strict=True))


def test_two_runs_are_compared_by_measure_and_by_question() -> None:
    """Questions that changed stand side by side, and those of one run alone are named."""
    before, now = report_on(small_run(score=0.4), None), report_on(small_run(score=0.9), None)
    extra = replace(before, run=with_extra(before.run, "old-one"))
    page = page_of(now, other=extra)
    assert "Two runs" in words_in(page, "nav")
    comparison = page.css_first("#comparison")
    assert comparison is not None
    text = " ".join(comparison.text().split())
    assert "Questions that got worse (0)" in text
    assert "Questions that got better (1)" in text
    assert "Asked by only one of the two: old-one." in text
    (pair,) = comparison.css(".question")
    assert "annual-leave, +0.500" in pair.text()
    assert [node.text() for node in pair.css(".side h4")] == ["Other run", "This run"]
    assert page_of(before, other=now).css_first("#comparison .question") is not None
    assert page_of(now).css_first("#comparison") is None


def with_extra(run: Run, name: str) -> Run:
    """Add a case that the other run has not."""
    return replace(run, results=(*run.results, case_result(name)))


def test_it_can_be_read_without_sight() -> None:
    """Plots have titles and descriptions, tables captions and headings with scope, ids are unique."""
    page = page_of(
        report_on(small_run(score=0.5), baseline_of(small_run())), other=report_on(small_run(), None)
    )
    for plot in page.css("svg"):
        labels = str(plot.attributes["aria-labelledby"]).split()
        assert [node.attributes["id"] for node in plot.css("title, desc")] == labels
        assert all(node.text().strip() for node in plot.css("title, desc"))
    for one in page.css("table"):
        assert one.css_first("caption") is not None
        assert all(node.attributes.get("scope") in {"col", "row"} and node.text() for node in one.css("th"))
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    html = page.css_first("html")
    assert html is not None
    assert html.attributes["lang"] == "en"


def test_a_run_without_any_case_has_a_page() -> None:
    """Nothing measured is said, not failed on."""
    page = page_of(report_on(replace(small_run(), results=()), None))
    assert words_in(page, "#measures p") == "Nothing was measured."
    assert words_in(page, "#latency p") == "Nothing was timed."


def test_a_kind_that_stands_alone_is_enough() -> None:
    """A set of unanswerable questions only has a page, too."""
    run = replace(small_run(), results=(case_result("canteen", kind=CaseKind.UNANSWERABLE, abstained=True),))
    assert "Nothing was wrong with any question." in words_in(page_of(report_on(run, None)), "#worst")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The message names the file, and nothing is left behind."""
    with pytest.raises(UnwritableFileError, match=r"nowhere.report\.html cannot be written"):
        write_report(report_on(small_run(), None), tmp_path / "nowhere" / "report.html")
    (tmp_path / "taken").mkdir()
    with pytest.raises(UnwritableFileError, match="taken cannot be written"):
        write_report(report_on(small_run(), None), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    for nameless in (Path(), Path("/")):
        with pytest.raises(UnwritableFileError, match="cannot be written: it is no file"):
            write_report(report_on(small_run(), None), nameless)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    """As with every other file that is written."""
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    write_report(report_on(small_run(), None), tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert "<html" in (tmp_path / "page.html").read_text(encoding="utf-8")
