"""Which golden questions does a running service ask itself, and how well did it find the answers?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.domain.golden import Case, GoldenSet, InvalidTestSetError, is_found_in

MOST_QUESTIONS: Final = 60
DEPTH: Final = 5


@dataclass(frozen=True, slots=True)
class FoundText:
    """A passage as a canary sees it."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """How one run over the questions went.

    Attributes:
        questions: how many were asked.
        failures: how many of them got no reply.
        recall: the mean recall at 5 of those that got one; None where none did, or there are no documents.
        generation: the index that replied; None where there was none, or where it changed meanwhile.
        missed: the ids of the cases whose evidence was not all among the first five passages.
        unasked: how many were left out, because the run was given up after too many failures in a row.
    """

    questions: int
    failures: int
    recall: float | None
    generation: str | None
    missed: tuple[str, ...]
    unasked: int = 0


def canary_cases(golden: GoldenSet, *, most: int = MOST_QUESTIONS) -> tuple[Case, ...]:
    """Choose at most `most` cases, spread evenly over the set, the same ones every time.

    Only questions that stand alone and have an answer can be judged by a search: follow-ups and unanswerable
    ones are left out.

    Raises:
        InvalidTestSetError: none is left.
    """
    usable = [case for case in golden.cases if case.evidence and not case.after]
    if not usable:
        raise InvalidTestSetError("It has no question that stands alone and has an answer.", file=golden.name)
    count = min(most, len(usable))
    return tuple(usable[position * len(usable) // count] for position in range(count))


def recall_of(case: Case, found: Sequence[FoundText]) -> float:
    """Give the share of the case's evidence that the first five passages hold."""
    held = sum(
        any(is_found_in(piece, source=one.source, text=one.text) for one in found[:DEPTH])
        for piece in case.evidence
    )
    return held / len(case.evidence)
