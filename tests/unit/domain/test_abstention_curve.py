"""What other floors would decline."""

from dataclasses import replace

from rag.domain.abstention_curve import FLOORS, abstention_curve
from rag.domain.golden import CaseKind
from tests.support.reports import case_result


def test_each_floor_is_told_with_what_it_declines() -> None:
    """A higher floor declines more of both kinds."""
    sure = [replace(case_result("a"), confidence=value) for value in (0.9, 0.3)]
    other = case_result("u", kind=CaseKind.UNANSWERABLE)
    unsure = [replace(other, confidence=value) for value in (0.12, None)]
    curve = {one.floor: one for one in abstention_curve([*sure, *unsure])}
    assert tuple(curve) == FLOORS
    assert (curve[0.1].answerable_declined, curve[0.1].unanswerable_declined) == (0.0, 0.5)
    assert (curve[0.4].answerable_declined, curve[0.4].unanswerable_declined) == (0.5, 1.0)


def test_nothing_is_told_without_both_kinds() -> None:
    """A floor cannot be chosen by half of its effect."""
    assert abstention_curve([replace(case_result("a"), confidence=0.5)]) == ()
    assert abstention_curve([]) == ()
