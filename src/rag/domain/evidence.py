"""Which passages are worth reading, and are they enough to answer from?"""

from collections.abc import Sequence
from typing import Final

from rag.domain.ranking import Passage

# The highest cosine below which we decline; see docs/explanation/answers-and-abstention.md for the curve.
DEFAULT_FLOOR: Final = 0.45
DEFAULT_BUDGET_TOKENS: Final = 1500


def best_cosine(passages: Sequence[Passage]) -> float | None:
    """Give the highest cosine among the passages that the dense ranking found, or None."""
    cosines = [cosine for p in passages if (cosine := p.candidate.raw_score("dense")) is not None]
    return max(cosines, default=None)


def select_evidence(
    passages: Sequence[Passage],
    *,
    floor: float = DEFAULT_FLOOR,
    budget_tokens: int = DEFAULT_BUDGET_TOKENS,
) -> tuple[Passage, ...]:
    """Keep the best passages within the budget, or none when even the best is too far from the question.

    A passage with the same text as an earlier one is left out.
    """
    nearest = best_cosine(passages)
    if nearest is None or nearest < floor:
        return ()
    kept: list[Passage] = []
    spent = 0
    for passage in passages:
        repeated = any(passage.chunk.text == earlier.chunk.text for earlier in kept)
        if repeated or (kept and spent + passage.chunk.token_count > budget_tokens):
            continue
        kept.append(passage)
        spent += passage.chunk.token_count
    return tuple(kept)
