"""Which passages come first when a reranker has judged them, and when is it not worth asking?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rag.domain.question import RerankMode
from rag.domain.ranking import Passage, scaled, standardised

RERANKED: Final = 20  # the passages that are judged once more
RERANK: Final = "rerank"  # the name of the reranker's score

# A question is simple when its first passage stands above the second by this many standard deviations.
# Measured on six public sets, four to nine in ten questions of natural language are simple then, and leaving
# their order as it is costs .002 of nDCG@10 at most (docs/decisions/0016).
SIMPLE_LEAD: Final = 1.0


def wants_reranking(mode: RerankMode, *, lead: float) -> bool:
    """Say whether a reranker is asked.

    >>> wants_reranking(RerankMode.AUTO, lead=1.4), wants_reranking(RerankMode.ALWAYS, lead=1.4)
    (False, True)
    """
    return mode is RerankMode.ALWAYS or (mode is RerankMode.AUTO and lead < SIMPLE_LEAD)


def rerank(passages: Sequence[Passage], judged: Sequence[float], *, weight: float) -> tuple[Passage, ...]:
    """Order passages anew by a weighted sum of the score they had and the reranker's, both standardised.

    Args:
        passages: best first.
        judged: the reranker's scores of the first passages, one each; the others follow in their order.
        weight: the reranker's say, 0 to 1.
    """
    if not judged:
        return tuple(passages)
    first, rest = passages[: len(judged)], passages[len(judged) :]
    had = standardised([passage.candidate.score for passage in first])
    sums = [(1 - weight) * old + weight * new for old, new in zip(had, standardised(judged), strict=True)]
    scores = scaled(sums)
    places = sorted(range(len(first)), key=lambda at: (-sums[at], first[at].candidate.chunk_id))
    reranked = [_with_score(first[at], scores[at], judged[at]) for at in places]
    return (*reranked, *(_with_score(passage, 0.0, None) for passage in rest))


def _with_score(passage: Passage, score: float, judged: float | None) -> Passage:
    before = passage.candidate
    scores = before.scores if judged is None else (*before.scores, (RERANK, judged))
    return replace(passage, candidate=replace(before, score=score, scores=scores))
