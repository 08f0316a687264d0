"""How is a single question shown: what was expected, what was found, and what was said?"""

from collections.abc import Sequence
from typing import Final

from rag.domain.golden import CaseKind
from rag.domain.report import MEASURES, CaseResult, PassageShown
from rag.domain.words import folded
from rag.interfaces.report.markup import Html, element, joined, text
from rag.interfaces.report.wording import kind_name, measure_name, score

OPEN_AT_FIRST: Final = 3


def worst_questions(results: Sequence[CaseResult]) -> Html:
    """This will show questions one below the other, the first ones unfolded."""
    if not results:
        return element("p", "Nothing was wrong with any question.")
    return joined(_question(result, unfolded=place < OPEN_AT_FIRST) for place, result in enumerate(results))


def _question(result: CaseResult, *, unfolded: bool) -> Html:
    case = result.case
    heading = element(
        "summary",
        element("b", case.question),
        " ",
        element("small", f"{kind_name(case.kind)}, {case.id}"),
    )
    return element(
        "details",
        heading,
        _earlier(case.after),
        _scores(result),
        element("h4", "Expected"),
        _expected(result),
        element("h4", "Said"),
        said(result),
        element("h4", f"Found ({len(result.passages)})"),
        _found(result),
        class_="question",
        open="" if unfolded else None,
    )


def said(result: CaseResult) -> Html:
    """This will show whether it was right to answer at all, and the answer with what it cites."""
    cited = element("ol", *(element("li", element("q", folded(one))) for one in result.citations))
    return joined(
        [
            _decision(result),
            element("p", result.answer, class_="answer"),
            joined([element("p", "Cited words:"), cited]) if result.citations else "",
        ]
    )


def _decision(result: CaseResult) -> Html:
    right = result.abstained is (result.case.kind is CaseKind.UNANSWERABLE)
    done = "Declined" if result.abstained else "Answered"
    ending = ", as it should be" if right else ", and should not have been"
    return element(
        "p", f"{'✓' if right else '✗'} {done}{ending}", class_=f"word {'better' if right else 'worse'}"
    )


def _earlier(questions: Sequence[str]) -> Html:
    if not questions:
        return Html()
    return element("p", "Asked before: ", joined(questions, between=" → "))


def _scores(result: CaseResult) -> Html:
    given = [(measure, result.scores.get(measure)) for measure in MEASURES]
    return element(
        "ul",
        *(
            element("li", f"{measure_name(measure)} ", element("b", score(value)))
            for measure, value in given
            if value is not None
        ),
        class_="chips",
    )


def _expected(result: CaseResult) -> Html:
    case = result.case
    if case.kind is CaseKind.UNANSWERABLE:
        return element("p", "Nothing: the documents do not answer it, so it should be declined.")
    evidence = [
        element("li", element("code", piece.source), ": ", element("q", piece.quote or "the whole document"))
        for piece in case.evidence
    ]
    accepted = element("p", "Accepted answers: ", joined(case.answers, between=" · ")) if case.answers else ""
    return joined([element("ul", *evidence), accepted])


def _found(result: CaseResult) -> Html:
    if not result.passages:
        return element("p", "Nothing.")
    quotes = [(piece.source, piece.quote) for piece in result.case.evidence if piece.quote]
    return element("ol", *(_passage(passage, quotes) for passage in result.passages), class_="passages")


def _passage(passage: PassageShown, quotes: Sequence[tuple[str, str]]) -> Html:
    place = " › ".join(part for part in (passage.source, passage.section) if part)  # noqa: RUF001 - a path's sign
    badge = element("span", "✓ holds evidence", class_="word better") if passage.holds_evidence else ""
    words = folded(passage.text)
    mine = [folded(quote) for source, quote in quotes if source == passage.source]
    return element(
        "li",
        element(
            "details",
            element("summary", element("code", place), " ", badge),
            element("p", _with_marks(words, mine)),
            open="" if passage.holds_evidence else None,
        ),
        class_="evidence" if passage.holds_evidence else None,
    )


def _with_marks(words: str, quotes: Sequence[str]) -> Html:
    """Mark the first quote that stands in the words as a whole."""
    for quote in quotes:
        before, found, after = words.partition(quote)
        if found:
            return joined([before, element("mark", found), after])
    return text(words)
