"""What a case of a test set may be, and when a passage holds its evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet, fault_of, is_found_in, part_of

QUOTE = ExpectedEvidence("a.md", "one two three four five six")


@pytest.mark.parametrize(
    "text",
    [
        "Before one two\n three   four five six after",
        "before one two three",
        "four five six after",
    ],
)
def test_a_quote_is_found_whole_or_by_the_half_that_an_edge_left(text: str) -> None:
    """White space is folded."""
    assert is_found_in(QUOTE, source="a.md", text=text)


@pytest.mark.parametrize(
    "text",
    [
        "before one two",
        "five six after",
        "before one two three after",
        "One two three four five six",
        "",
    ],
)
def test_less_than_half_or_a_piece_in_the_middle_is_not_the_quote(text: str) -> None:
    """A piece counts at an edge alone, and case is kept."""
    assert not is_found_in(QUOTE, source="a.md", text=text)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("the engine", "somewhere the"),
        ("stop the engine", "stop the"),
        ("stop the engine first", "now stop the"),
    ],
)
def test_fewer_than_three_words_at_an_edge_are_chance(quote: str, text: str) -> None:
    """However short the quote is; whole it is found."""
    assert not is_found_in(ExpectedEvidence("a.md", quote), source="a.md", text=text)
    assert is_found_in(ExpectedEvidence("a.md", quote), source="a.md", text=f"now {quote} and wait")


def test_another_document_with_the_same_words_is_not_the_evidence() -> None:
    """The source must be the same."""
    assert not is_found_in(QUOTE, source="b.md", text=str(QUOTE.quote))


def test_without_a_quote_the_whole_document_counts() -> None:
    """Any passage of it will do."""
    assert is_found_in(ExpectedEvidence("a.md"), source="a.md", text="anything")


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=5, max_size=12), st.data())
def test_a_cut_leaves_the_evidence_on_one_side_at_least(words: list[str], data: st.DataObject) -> None:
    """Wherever a quote is cut between two words, one of the two passages holds it."""
    cut = data.draw(st.integers(1, len(words) - 1))
    piece = ExpectedEvidence("a.md", " ".join(words))
    first, second = f"before {' '.join(words[:cut])}", f"{' '.join(words[cut:])} after"
    assert is_found_in(piece, source="a.md", text=first) or is_found_in(piece, source="a.md", text=second)


@pytest.mark.parametrize(
    ("case", "field"),
    [
        (Case(" ", "Why?", CaseKind.UNANSWERABLE), "id"),
        (Case("a", " ", CaseKind.UNANSWERABLE), "question"),
        (Case("a", "Why?", CaseKind.ANSWERABLE), "evidence"),
        (Case("a", "Why?", CaseKind.UNANSWERABLE, (QUOTE,)), "evidence"),
        (Case("a", "Why?", CaseKind.UNANSWERABLE, (), ("So.",)), "answers"),
        (Case("a", "Why?", CaseKind.FOLLOW_UP, (QUOTE,)), "after"),
        (Case("a", "Why?", CaseKind.FOLLOW_UP, (QUOTE,), (), ("",)), "after"),
        (Case("a", "Why?", CaseKind.SEVERAL_PASSAGES, (QUOTE,)), "evidence"),
        (Case("a", "Why?", CaseKind.ANSWERABLE, (QUOTE, QUOTE)), "evidence"),
        (Case("a", "Why?", CaseKind.ANSWERABLE, (ExpectedEvidence(""),)), "source"),
        (Case("a", "Why?", CaseKind.ANSWERABLE, (ExpectedEvidence("a.md", " "),)), "quote"),
        (Case("a", "Why?", CaseKind.ANSWERABLE, (ExpectedEvidence("a.md", grade=0),)), "grade"),
    ],
)
def test_a_case_that_contradicts_itself_is_told(case: Case, field: str) -> None:
    """The field that is wrong is named."""
    fault = fault_of(case)
    assert fault is not None
    assert fault.field == field


@pytest.mark.parametrize(
    "case",
    [
        Case("a", "Why?", CaseKind.UNANSWERABLE),
        Case("a", "Why?", CaseKind.ANSWERABLE, (QUOTE,)),
        Case("a", "Why?", CaseKind.FOLLOW_UP, (QUOTE,), (), ("What?",)),
        Case("a", "Why?", CaseKind.SEVERAL_PASSAGES, (QUOTE, ExpectedEvidence("b.md"))),
    ],
)
def test_a_sound_case_has_no_fault(case: Case) -> None:
    """One of each kind."""
    assert fault_of(case) is None


def test_a_part_keeps_the_order_and_nearly_the_same_cases_when_the_set_grows() -> None:
    """A case is chosen by its id, not by its place."""
    cases = [Case(f"case-{number}", "Why?", CaseKind.UNANSWERABLE) for number in range(100)]
    before = part_of(GoldenSet("a", "", tuple(cases)), 20).cases
    added = Case("another", "Why?", CaseKind.UNANSWERABLE)
    after = part_of(GoldenSet("a", "", (added, *cases)), 20).cases
    assert [case.id for case in before] == [case.id for case in cases if case in before]
    assert len(set(before) & set(after)) >= 19
    assert len(part_of(GoldenSet("a", "", tuple(cases)), 1000).cases) == 100
