"""Which questions a canary asks, and how it judges what was found."""

import pytest

from rag.domain.canary import FoundText, canary_cases, recall_of
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet, InvalidTestSetError

PIECE = ExpectedEvidence("a.md", "the first words")


def case(number: int, kind: CaseKind = CaseKind.ANSWERABLE) -> Case:
    """Make a case of this kind."""
    evidence = () if kind is CaseKind.UNANSWERABLE else (PIECE,)
    after = ("Before?",) if kind is CaseKind.FOLLOW_UP else ()
    return Case(f"case-{number}", "What?", kind, evidence=evidence, after=after)


def test_cases_are_spread_over_the_set_and_the_same_every_time() -> None:
    """At most as many as wanted, none twice, from the whole set."""
    golden = GoldenSet("g", "", tuple(case(number) for number in range(100)))
    chosen = canary_cases(golden, most=4)
    assert [one.id for one in chosen] == ["case-0", "case-25", "case-50", "case-75"]
    assert len(canary_cases(golden)) == 60
    assert canary_cases(golden, most=200) == golden.cases


def test_only_cases_that_a_search_can_judge_are_asked() -> None:
    """Follow-ups lean on earlier questions, and the unanswerable have nothing to be found."""
    golden = GoldenSet("g", "", tuple(case(number, kind) for number, kind in enumerate(CaseKind)))
    assert {one.kind for one in canary_cases(golden)} == {CaseKind.ANSWERABLE, CaseKind.SEVERAL_PASSAGES}
    with pytest.raises(InvalidTestSetError, match="stands alone"):
        canary_cases(GoldenSet("g", "", (case(0, CaseKind.UNANSWERABLE),)))


def test_recall_is_the_share_of_the_evidence_among_the_first_five() -> None:
    """A passage further down does not count, nor one of another document."""
    both = Case("c", "?", CaseKind.ANSWERABLE, evidence=(PIECE, ExpectedEvidence("b.md")))
    right, other, whole = FoundText("a.md", "the first words"), FoundText("c.md", "x"), FoundText("b.md", "y")
    assert recall_of(both, [right, whole]) == 1.0
    assert recall_of(both, [other, right]) == 0.5
    assert recall_of(both, [other] * 5 + [right, whole]) == 0.0
    assert recall_of(both, []) == 0.0
