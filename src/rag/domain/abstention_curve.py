"""Which floor of confidence would decline how many questions, right and wrong?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.domain.golden import CaseKind
from rag.domain.report import CaseResult

FLOORS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class FloorEffect:
    """What a floor would do.

    Attributes:
        answerable_declined: the share of the answerable questions that would be declined.
        unanswerable_declined: the share of the unanswerable ones.
    """

    floor: float
    answerable_declined: float
    unanswerable_declined: float


def abstention_curve(results: Sequence[CaseResult]) -> tuple[FloorEffect, ...]:
    """Give the effect of each floor; nothing where one of the two kinds of questions is missing.

    A case that nobody looked at, as in an empty library, counts as declined by every floor.
    """
    answerable = [_sure(one) for one in results if one.case.kind is not CaseKind.UNANSWERABLE]
    unanswerable = [_sure(one) for one in results if one.case.kind is CaseKind.UNANSWERABLE]
    if not (answerable and unanswerable):
        return ()
    return tuple(
        FloorEffect(floor, _below(floor, answerable), _below(floor, unanswerable)) for floor in FLOORS
    )


def _sure(result: CaseResult) -> float:
    return result.confidence or 0.0


def _below(floor: float, confidences: Sequence[float]) -> float:
    return sum(confidence < floor for confidence in confidences) / len(confidences)
