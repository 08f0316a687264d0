"""How are chunks found again, and how does the index that finds them live?"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from rag.domain.documents import Chunk, ChunkId, Metadata
from rag.domain.errors import InvalidInputError, RagError, UnavailableError
from rag.domain.question import Filter
from rag.domain.ranking import Ranking
from rag.domain.recipe import IndexRecipe
from rag.ports.models import Vectors


class SearchUnavailableError(UnavailableError):
    """The vector engine cannot be reached, or failed."""

    code: ClassVar[str] = "search_unavailable"
    kind: ClassVar[str] = "QdrantException"


class IndexMismatchError(RagError):
    """The index was built by another model or recipe than the service now runs."""

    code: ClassVar[str] = "index_mismatch"
    kind: ClassVar[str] = "QdrantException"
    advice: ClassVar[str] = (
        "Set EMBEDDING_MODEL back to the model that built the index, or build a new generation."
    )


class IndexMissingError(UnavailableError):
    """No index is live yet."""

    code: ClassVar[str] = "index_missing"
    kind: ClassVar[str] = "QdrantException"
    advice: ClassVar[str] = "Ingest documents first: rag ingest PATH."


class PointRefusedError(InvalidInputError):
    """The vector engine does not take a chunk, such as one that is too large for it."""

    code: ClassVar[str] = "point_refused"
    advice: ClassVar[str] = "Split the document into smaller ones, and ingest it again."


@dataclass(frozen=True, slots=True)
class Point:
    """A chunk as the index holds it: with its vector, and with what filters and answers need.

    Attributes:
        vector: float32 of shape (dimension,), of length 1.
    """

    chunk: Chunk
    vector: Vectors
    source: str
    title: str
    dated: datetime
    metadata: Metadata


class Retriever(Protocol):
    """Finds candidates in the live index, or in another generation that is still kept."""

    async def search(
        self, text: str, vector: Vectors, *, limit: int, filter_by: Filter, generation: str | None = None
    ) -> tuple[Ranking, ...]:
        """This will rank a generation's chunks by vector (`dense`) and by words (`bm25`), in one trip.

        Without `generation` it is the live one.

        Both rankings hold at most `limit` candidates, best first, ties broken by id, all within `filter_by`.
        The score of `dense` is the cosine.

        Raises:
            IndexMissingError: nothing is live, or there is no such generation.
            SearchUnavailableError: the engine does not answer.
        """


class SearchIndex(Protocol):
    """The life of generations: each is one collection, and the live one is behind an alias."""

    async def create(self, generation: str, recipe: IndexRecipe) -> None:
        """This will make an empty generation; making one that exists with the same recipe changes nothing.

        Raises:
            IndexMismatchError: it exists with another dimension.
        """

    async def upsert(self, generation: str, points: Sequence[Point]) -> None:
        """This will add or replace points, and return when the engine has acknowledged them.

        Acknowledged points are durable once `flush` has returned. When it fails, some of them may be there.

        Raises:
            IndexMissingError: there is no such generation.
            IndexMismatchError: a vector has another dimension than the generation.
            PointRefusedError: the engine is there, but does not take one of the points.
            SearchUnavailableError: the engine does not answer.
        """

    async def flush(self, generation: str) -> None:
        """This will return when everything acknowledged so far survives a kill -9 of the engine."""

    async def remove(self, generation: str, chunk_ids: Sequence[ChunkId]) -> None:
        """This will take points out; ids that are not there are ignored."""

    async def count(self, generation: str) -> int:
        """This will count the generation's points, exactly."""

    async def present(self, generation: str, chunk_ids: Sequence[ChunkId]) -> frozenset[ChunkId]:
        """This will say which of the ids are in the generation."""

    def chunk_ids(self, generation: str) -> AsyncIterator[Sequence[ChunkId]]:
        """This will give the ids of all points of a generation, a page at a time, each once.

        Points that come or go meanwhile may be in it or not.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: the engine does not answer.
        """

    async def switch(self, generation: str) -> None:
        """This will make `generation` the live one in one step; searches see the old one or the new one."""

    async def live(self) -> str | None:
        """This will name the live generation, or None."""

    async def generations(self) -> tuple[str, ...]:
        """This will name every generation that the engine holds, in order of name."""

    async def retire(self, generation: str) -> None:
        """This will delete a generation that is not live; one that does not exist changes nothing.

        Raises:
            InvalidInputError: it is live.
        """

    async def optimize(self, generation: str) -> None:
        """This will start building the graph where it pays, and return; searches go on meanwhile.

        It is quick, and may be called after every ingest: nothing happens where there are too few points, too
        few new ones since the last time, or a build under way. One that was interrupted is started again.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: the engine does not answer.
        """
