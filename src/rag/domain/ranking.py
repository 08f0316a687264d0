"""In which order are passages worth reading, when several rankings disagree?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Final

from rag.domain.documents import Chunk, ChunkId
from rag.domain.recipe import FusionMethod, RankingRecipe

DENSE: Final = "dense"
_RANK_CONSTANT: Final = 60
_LEAST_FOR_A_LEAD: Final = 20  # among few, a deviation is no measure of anything


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found by one ranking: known by id and score only, higher is better."""

    chunk_id: ChunkId
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one retriever found, best first; `name` is `dense` or `bm25`.

    Attributes:
        beside: what only other retrievers found, with the scores that this one gives it.
    """

    name: str
    candidates: tuple[Candidate, ...]
    beside: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class FusedCandidate:
    """A chunk in the final order.

    Attributes:
        score: the fused score, 0 to 1; comparable within one question only.
        ranks: its place, from 1, in each ranking that found it.
        scores: its raw score by each ranking, and by the reranker (`rerank`) where that judged it.
    """

    chunk_id: ChunkId
    score: float
    ranks: tuple[tuple[str, int], ...]
    scores: tuple[tuple[str, float], ...]

    def raw_score(self, ranking: str) -> float | None:
        """The score that `ranking` gave it, or None where it gave none."""
        return dict(self.scores).get(ranking)


@dataclass(frozen=True, slots=True)
class Passage:
    """A candidate with its text and its place, ready to be read."""

    chunk: Chunk
    source: str
    title: str
    generation: str
    candidate: FusedCandidate


@dataclass(frozen=True, slots=True)
class FusedRanking:
    """Several rankings as one, best first.

    Attributes:
        lead: by how much the first stands above the second, in standard deviations of the rankings; 0 where
            places alone were counted, and among fewer than 20.
    """

    candidates: tuple[FusedCandidate, ...]
    lead: float


def fuse(rankings: Iterable[Ranking], *, limit: int, recipe: RankingRecipe | None = None) -> FusedRanking:
    """Merge rankings into one; ties are broken by id, so that a question always gets the same order.

    By weight: each ranking scores every candidate, also those that only the other one found. Its scores are
    brought to mean 0 and deviation 1, and added by weight. What it gives no score, such as a text without
    any of the question's words, counts 0 there. By places: the sum of 1 / (60 + place) (Cormack, Clarke and
    Buettcher 2009, reciprocal rank fusion).

    The fused score is scaled so that the best is 1 and the last 0 (docs/decisions/0016).
    """
    chosen = recipe or RankingRecipe()
    found = [ranking for ranking in rankings if ranking.candidates]
    ids = sorted({candidate.chunk_id for ranking in found for candidate in ranking.candidates})
    weighted = chosen.fusion is FusionMethod.WEIGHTED
    sums = _weighted(found, ids, chosen.dense_weight) if weighted else _by_places(found, ids)
    order = sorted(zip(ids, sums, scaled(sums), strict=True), key=lambda one: (-one[1], one[0]))
    places = {ranking.name: {c.chunk_id: n for n, c in enumerate(ranking.candidates, 1)} for ranking in found}
    raw = {ranking.name: _scores(ranking) for ranking in found}
    fused = [
        FusedCandidate(
            chunk_id=chunk_id,
            score=score,
            ranks=tuple((name, of[chunk_id]) for name, of in places.items() if chunk_id in of),
            scores=tuple((name, of[chunk_id]) for name, of in raw.items() if chunk_id in of),
        )
        for chunk_id, _, score in order[:limit]
    ]
    lead = order[0][1] - order[1][1] if weighted and len(order) >= _LEAST_FOR_A_LEAD else 0.0
    return FusedRanking(tuple(fused), lead)


def scaled(scores: Sequence[float]) -> Sequence[float]:
    """Bring the lowest to 0 and the highest to 1.

    >>> scaled([2.0, 6.0, 4.0]), scaled([3.0])
    ([0.0, 1.0, 0.5], [1.0])
    """
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]


def standardised(scores: Sequence[float]) -> Sequence[float]:
    """Bring the mean to 0 and the standard deviation to 1.

    >>> standardised([1.0, 3.0]), standardised([2.0, 2.0])
    ([-1.0, 1.0], [0.0, 0.0])
    """
    mean = fmean(scores)
    deviation = pstdev(scores, mean)
    return [(score - mean) / deviation if deviation else 0.0 for score in scores]


def _scores(ranking: Ranking) -> Mapping[ChunkId, float]:
    return {candidate.chunk_id: candidate.score for candidate in (*ranking.candidates, *ranking.beside)}


def _weighted(rankings: Sequence[Ranking], ids: Sequence[ChunkId], dense_weight: float) -> Sequence[float]:
    sums = [0.0] * len(ids)
    for ranking in rankings:
        of = _scores(ranking)
        weight = dense_weight if ranking.name == DENSE else 1 - dense_weight
        for at, score in enumerate(standardised([of.get(chunk_id, 0.0) for chunk_id in ids])):
            sums[at] += weight * score
    return sums


def _by_places(rankings: Sequence[Ranking], ids: Sequence[ChunkId]) -> Sequence[float]:
    sums = dict.fromkeys(ids, 0.0)
    for ranking in rankings:
        for place, candidate in enumerate(ranking.candidates, start=1):
            sums[candidate.chunk_id] += 1 / (_RANK_CONSTANT + place)
    return [sums[chunk_id] for chunk_id in ids]
