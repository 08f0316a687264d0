"""In which order are passages worth reading, when several rankings disagree?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rag.domain.documents import Chunk, ChunkId

RANK_FUSION_K: Final = 60  # Cormack, Clarke and Büttcher 2009


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


def fuse(rankings: Iterable[Ranking], *, limit: int, k: int = RANK_FUSION_K) -> tuple[FusedCandidate, ...]:
    """Merge rankings by reciprocal rank: a chunk scores 1 / (k + rank), summed over those that found it.

    Ties are broken by id, so that the same question always gets the same order.
    """
    ranks: dict[ChunkId, dict[str, int]] = {}
    scores: dict[ChunkId, dict[str, float]] = {}
    for ranking in rankings:
        for rank, candidate in enumerate(ranking.candidates, start=1):
            ranks.setdefault(candidate.chunk_id, {})[ranking.name] = rank
            scores.setdefault(candidate.chunk_id, {})[ranking.name] = candidate.score
    fused = [
        FusedCandidate(
            chunk_id=chunk_id,
            score=sum(1.0 / (k + rank) for rank in found.values()),
            ranks=tuple(found.items()),
            scores=tuple(scores[chunk_id].items()),
        )
        for chunk_id, found in ranks.items()
    ]
    fused.sort(key=lambda candidate: (-candidate.score, candidate.chunk_id))
    return tuple(fused[:limit])
