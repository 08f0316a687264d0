"""How does search behave without an engine? Exactly as the port says, and slowly."""

import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rag.domain.documents import ChunkId
from rag.domain.errors import InvalidInputError
from rag.domain.question import Filter
from rag.domain.ranking import Candidate, Ranking
from rag.domain.recipe import IndexRecipe, LexicalRecipe
from rag.ports.models import Vectors
from rag.ports.search import IndexMismatchError, IndexMissingError, Point

_WORD: Final = re.compile(r"\w+")


@dataclass(slots=True)
class _Generation:
    recipe: IndexRecipe
    points: dict[ChunkId, Point] = field(default_factory=dict)


class InMemorySearchIndex:
    """Holds generations in dictionaries; scans every vector, and counts words without stemming."""

    def __init__(self, *, lexical: LexicalRecipe | None = None) -> None:
        self._lexical = lexical or LexicalRecipe()
        self._generations: dict[str, _Generation] = {}
        self._live: str | None = None

    async def create(self, generation: str, recipe: IndexRecipe) -> None:
        """This will make an empty generation; making one that exists with the same recipe changes nothing.

        Raises:
            IndexMismatchError: it exists with another dimension or recipe.
        """
        made = self._generations.setdefault(generation, _Generation(recipe))
        if made.recipe.fingerprint != recipe.fingerprint:
            raise IndexMismatchError(f"The index {generation} exists, and was built by another recipe.")

    async def upsert(self, generation: str, points: Sequence[Point]) -> None:
        """This will add or replace points.

        Raises:
            IndexMissingError: there is no such generation.
            IndexMismatchError: a vector has another dimension than the generation.
        """
        held = self._held(generation)
        for point in points:
            _check_dimension(point.vector, held, generation)
        held.points.update({point.chunk.id: point for point in points})

    async def flush(self, generation: str) -> None:
        """This will only check that the generation is there: memory survives nothing.

        Raises:
            IndexMissingError: there is no such generation.
        """
        self._held(generation)

    async def remove(self, generation: str, chunk_ids: Sequence[ChunkId]) -> None:
        """This will take points out; ids and generations that are not there are ignored."""
        if generation in self._generations:
            for chunk_id in chunk_ids:
                self._generations[generation].points.pop(chunk_id, None)

    async def count(self, generation: str) -> int:
        """This will count the generation's points.

        Raises:
            IndexMissingError: there is no such generation.
        """
        return len(self._held(generation).points)

    async def present(self, generation: str, chunk_ids: Sequence[ChunkId]) -> frozenset[ChunkId]:
        """This will say which of the ids are in the generation: none where it is not there."""
        if generation not in self._generations:
            return frozenset()
        return frozenset(self._generations[generation].points.keys() & set(chunk_ids))

    async def chunk_ids(self, generation: str) -> AsyncIterator[Sequence[ChunkId]]:
        """This will give all ids, in one page.

        Raises:
            IndexMissingError: there is no such generation.
        """
        yield sorted(self._held(generation).points)

    async def switch(self, generation: str) -> None:
        """This will make `generation` the live one.

        Raises:
            IndexMissingError: there is no such generation.
        """
        self._held(generation)
        self._live = generation

    async def live(self) -> str | None:
        """This will name the live generation, or None."""
        return self._live

    async def generations(self) -> tuple[str, ...]:
        """This will name every generation, in order of name."""
        return tuple(sorted(self._generations))

    async def retire(self, generation: str) -> None:
        """This will delete a generation that is not live; one that does not exist changes nothing.

        Raises:
            InvalidInputError: it is live.
        """
        if generation == self._live:
            raise InvalidInputError(f"The index {generation} is live and cannot be retired.")
        self._generations.pop(generation, None)

    async def optimize(self, generation: str) -> None:
        """This will only check that the generation is there: a scan needs no graph.

        Raises:
            IndexMissingError: there is no such generation.
        """
        self._held(generation)

    async def search(
        self, text: str, vector: Vectors, *, limit: int, filter_by: Filter, generation: str | None = None
    ) -> tuple[Ranking, ...]:
        """This will rank the chunks of `generation`, or of the live one, by cosine and by BM25.

        Raises:
            IndexMissingError: nothing is live, or there is no such generation.
            IndexMismatchError: the vector has another dimension than the generation.
        """
        searched = generation or self._live
        if searched is None:
            raise IndexMissingError("No index is live.")
        held = self._held(searched)
        _check_dimension(vector, held, searched)
        allowed = [point for point in held.points.values() if _passes(point, filter_by)]
        cosines = _cosines(vector, allowed)
        words = self._word_scores(text, held.points.values(), allowed)
        dense, bm25 = _best(cosines, limit), _best(words, limit)
        return (
            Ranking("dense", dense, beside=_beside(cosines, dense, bm25)),
            Ranking("bm25", bm25, beside=_beside(words, bm25, dense)),
        )

    def _held(self, generation: str) -> _Generation:
        if generation not in self._generations:
            raise IndexMissingError(f"There is no index {generation}.")
        return self._generations[generation]

    def _word_scores(
        self, text: str, everything: Iterable[Point], allowed: Iterable[Point]
    ) -> list[Candidate]:
        """Score by Lucene's BM25; how rare a word is comes from all points, not from the allowed ones."""
        counts = {point.chunk.id: Counter(_words(point.chunk.embedded_text)) for point in everything}
        document_frequency = Counter(word for counted in counts.values() for word in counted)
        found = []
        for point in allowed:
            counted = counts[point.chunk.id]
            score = sum(
                self._weight(counted[word], length=counted.total())
                * _rarity(document_frequency[word], among=len(counts))
                for word in set(_words(text))
                if counted[word]
            )
            if score > 0:
                found.append(Candidate(point.chunk.id, score))
        return found

    def _weight(self, frequency: int, *, length: int) -> float:
        recipe = self._lexical
        norm = 1 - recipe.b + recipe.b * length / recipe.average_length
        return frequency * (recipe.k1 + 1) / (frequency + recipe.k1 * norm)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _rarity(document_frequency: int, *, among: int) -> float:
    return math.log(1 + (among - document_frequency + 0.5) / (document_frequency + 0.5))


def _beside(
    scores: Sequence[Candidate], found: Sequence[Candidate], others: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """Give the scores of what only the other ranking found."""
    wanted = {one.chunk_id for one in others} - {one.chunk_id for one in found}
    return _best([one for one in scores if one.chunk_id in wanted], len(wanted))


def _cosines(vector: Vectors, points: Sequence[Point]) -> list[Candidate]:
    if not points:
        return []
    rows = np.stack([point.vector for point in points])
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
    scores = (rows @ vector) / np.where(lengths > 0, lengths, 1.0)
    return [Candidate(point.chunk.id, float(score)) for point, score in zip(points, scores, strict=True)]


def _best(candidates: Sequence[Candidate], limit: int) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda found: (-found.score, found.chunk_id))[:limit])


def _check_dimension(vector: Vectors, held: _Generation, generation: str) -> None:
    wanted = held.recipe.model.dimension
    if vector.shape != (wanted,):
        raise IndexMismatchError(
            f"The index {generation} holds vectors of {wanted} numbers, but one of shape {vector.shape} came."
        )


def _passes(point: Point, filter_by: Filter) -> bool:
    return (
        (not filter_by.sources or point.source in filter_by.sources)
        and (not filter_by.document_ids or point.chunk.document_id in filter_by.document_ids)
        and (filter_by.dated_from is None or point.dated >= filter_by.dated_from)
        and (filter_by.dated_before is None or point.dated < filter_by.dated_before)
        and all(point.metadata.get(key) == value for key, value in filter_by.metadata)
    )
