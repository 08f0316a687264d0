"""In which order are passages worth reading, when several rankings disagree?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rag.domain.documents import Chunk, ChunkId

WEIGHTS: Final[Mapping[str, float]] = {"dense": 0.6, "bm25": 0.4}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found by one ranking: known by id and score only, higher is better."""

    chunk_id: ChunkId
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one retriever found, best first; `name` is `dense` or `bm25`."""

    name: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class FusedCandidate:
    """A chunk in the final order.

    Attributes:
        score: the fused score; comparable within one question only.
        ranks: its place, from 1, in each ranking that found it.
        scores: its raw score in each ranking that found it.
    """

    chunk_id: ChunkId
    score: float
    ranks: tuple[tuple[str, int], ...]
    scores: tuple[tuple[str, float], ...]

    def raw_score(self, ranking: str) -> float | None:
        """The score that `ranking` gave it, or None where that ranking did not find it."""
        return dict(self.scores).get(ranking)


@dataclass(frozen=True, slots=True)
class Passage:
    """A candidate with its text and its place, ready to be read."""

    chunk: Chunk
    source: str
    title: str
    generation: str
    candidate: FusedCandidate


def fuse(
    rankings: Iterable[Ranking], *, limit: int, weights: Mapping[str, float] = WEIGHTS
) -> tuple[FusedCandidate, ...]:
    """Merge rankings by a weighted sum of scores, each scaled so that a ranking's best is 1 and its last 0.

    A chunk that a ranking did not find counts 0 there, like the last one that it found. Ties are broken by
    id, so that the same question always gets the same order. Measured beside reciprocal rank fusion on six
    public sets, this kept more of the better ranking's order (docs/decisions/0013).
    """
    found = [ranking for ranking in rankings if ranking.candidates]
    scaled = {ranking.name: _scaled(ranking) for ranking in found}
    ranks = {ranking.name: {c.chunk_id: n for n, c in enumerate(ranking.candidates, 1)} for ranking in found}
    raw = {ranking.name: {c.chunk_id: c.score for c in ranking.candidates} for ranking in found}
    fused = [
        FusedCandidate(
            chunk_id=chunk_id,
            score=sum(weights[name] * of.get(chunk_id, 0.0) for name, of in scaled.items()),
            ranks=tuple((name, of[chunk_id]) for name, of in ranks.items() if chunk_id in of),
            scores=tuple((name, of[chunk_id]) for name, of in raw.items() if chunk_id in of),
        )
        for chunk_id in {chunk_id for of in scaled.values() for chunk_id in of}
    ]
    fused.sort(key=lambda candidate: (-candidate.score, candidate.chunk_id))
    return tuple(fused[:limit])


def _scaled(ranking: Ranking) -> dict[ChunkId, float]:
    best, last = ranking.candidates[0].score, ranking.candidates[-1].score
    if best == last:  # a ranking of one, or of equals: all of it is its best
        return dict.fromkeys((candidate.chunk_id for candidate in ranking.candidates), 1.0)
    return {c.chunk_id: (c.score - last) / (best - last) for c in ranking.candidates}
