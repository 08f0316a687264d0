"""How two answers to one question are compared."""

from dataclasses import replace
from uuid import UUID

from rag.domain.answer import Answer, Citation, Span
from rag.domain.comparison import Change, difference


def cited(number: int, text: str, *, source: str = "a.md", chunk: int = 1) -> Citation:
    """Make a citation of these words."""
    return Citation(number, UUID(int=chunk), UUID(int=9), source, "A", None, None, text, Span(0, len(text)))


def answer(*citations: Citation, text: str = "So.") -> Answer:
    """Make an answer with these citations."""
    return Answer(text, citations, abstained=False, writer="extractive")


def test_what_came_went_moved_and_stayed_is_told() -> None:
    """Every citation of both answers is in it once, those that vanished last."""
    before = answer(cited(1, "stays"), cited(2, "moves"), cited(3, "goes"))
    after = answer(cited(1, "stays"), cited(2, "comes"), cited(3, "moves"), text="Or so.")
    found = difference(before, after)
    assert not found.same_text
    assert [(one.change, one.citation.text, one.before, one.after) for one in found.citations] == [
        (Change.STAYED, "stays", 1, 1),
        (Change.APPEARED, "comes", None, 2),
        (Change.MOVED, "moves", 2, 3),
        (Change.VANISHED, "goes", 3, None),
    ]
    assert found.count(Change.MOVED) == 1


def test_the_same_words_are_the_same_citation_in_another_chunk() -> None:
    """Chunks of another generation have other ids and edges; words of another document are others."""
    before = cited(1, "some words")
    other_chunk = cited(1, "some\n words", chunk=2)
    assert [one.change for one in difference(answer(before), answer(other_chunk)).citations] == [
        Change.STAYED
    ]
    elsewhere = replace(before, source="b.md")
    changes = [one.change for one in difference(answer(before), answer(elsewhere)).citations]
    assert changes == [Change.APPEARED, Change.VANISHED]


def test_two_answers_without_citations_do_not_differ_in_them() -> None:
    """Declining twice is the same."""
    found = difference(answer(), answer())
    assert (found.same_text, found.citations) == (True, ())
