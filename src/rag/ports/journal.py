"""What was asked, what was answered, and what did people think of it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from rag.domain.answer import Answer
from rag.domain.documents import ChunkId
from rag.domain.errors import NotFoundError


class UnknownQueryLogError(NotFoundError):
    """There is no such entry in the query log."""

    code: ClassVar[str] = "query_log_unknown"
    advice: ClassVar[str] = "Use the query_log_id that the answer carried."


class ChunkVerdict(StrEnum):
    """What a reader says of one cited passage."""

    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"
    STALE = "stale"
    MISLEADING = "misleading"


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One asked question with its answer, as the query log keeps it.

    Attributes:
        sources: the sources of the citations, each once, in order.
        retrieval_score: the best passage's cosine; None where nothing was found.
    """

    id: UUID
    request_id: str
    asked_at: datetime
    question: str
    session: str | None
    answer: Answer
    sources: Sequence[str]
    generation: str | None
    model: str
    retrieval_score: float | None
    timings_ms: Mapping[str, float]
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """A rating of one answer, 1 (useless) to 5 (exactly what was asked for)."""

    id: UUID
    query_log_id: UUID
    rating: int
    comment: str | None
    verdicts: Sequence[tuple[ChunkId, ChunkVerdict]]
    rated_at: datetime


class Journal(Protocol):
    """The query log and the ratings: what is acknowledged is stored."""

    async def record_query(self, entry: QueryRecord) -> None:
        """This will return when the entry is committed; a second call with the same id changes nothing."""

    async def record_feedback(self, feedback: Feedback) -> None:
        """This will return when the rating is committed.

        Raises:
            UnknownQueryLogError: the rated entry does not exist.
        """
