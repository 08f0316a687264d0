"""Which passages are worth reading, and are they enough to answer from?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.domain.ranking import DENSE, Passage

DEFAULT_BUDGET_TOKENS: Final = 1500


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a document that is worth reading: a passage, or several that overlap or touch.

    Attributes:
        passages: what it is made of, in the document's order.
        start: where it begins, in characters of the document's stored text.
    """

    passages: tuple[Passage, ...]
    start: int
    text: str

    def passage_with(self, start: int, end: int) -> Passage:
        """This will give the passage that holds `[start, end)` of the document, or most of it."""

        def held(passage: Passage) -> int:
            return min(end, passage.chunk.end) - max(start, passage.chunk.start)

        return max(self.passages, key=held)


def first_cosine(passages: Sequence[Passage]) -> float | None:
    """Give the cosine of the first passage, or None where there is none or the vectors did not score it."""
    return passages[0].candidate.raw_score(DENSE) if passages else None


def best_cosine(passages: Sequence[Passage]) -> float | None:
    """Give the highest cosine among the passages that the dense ranking scored, or None."""
    cosines = [cosine for p in passages if (cosine := p.candidate.raw_score(DENSE)) is not None]
    return max(cosines, default=None)


def within_budget(
    passages: Sequence[Passage], *, budget_tokens: int = DEFAULT_BUDGET_TOKENS
) -> tuple[Passage, ...]:
    """Keep the best passages as far as the budget goes, the first one whatever its length."""
    kept: list[Passage] = []
    spent = 0
    for passage in passages:
        if kept and spent + passage.chunk.token_count > budget_tokens:
            continue
        kept.append(passage)
        spent += passage.chunk.token_count
    return tuple(kept)


def joined(passages: Sequence[Passage]) -> tuple[Evidence, ...]:
    """Join passages of one document that overlap or touch, so that no sentence is read twice or in halves.

    The order is that of each evidence's best passage.
    """
    in_order = sorted(passages, key=lambda one: (one.chunk.document_id, one.chunk.start, one.chunk.end))
    groups: list[Evidence] = []
    for passage in in_order:
        last = groups[-1] if groups else None
        if last and _touches(last, passage):
            groups[-1] = _with(last, passage)
        else:
            groups.append(Evidence((passage,), passage.chunk.start, passage.chunk.text))
    rank = {passage.chunk.id: place for place, passage in enumerate(passages)}
    return tuple(sorted(groups, key=lambda one: min(rank[p.chunk.id] for p in one.passages)))


def _touches(before: Evidence, passage: Passage) -> bool:
    same = before.passages[0].chunk.document_id == passage.chunk.document_id
    return same and passage.chunk.start <= before.start + len(before.text)


def _with(before: Evidence, passage: Passage) -> Evidence:
    known = before.start + len(before.text) - passage.chunk.start
    return Evidence(
        (*before.passages, passage), before.start, before.text + passage.chunk.text[max(known, 0) :]
    )
