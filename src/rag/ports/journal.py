"""What was asked, what was answered, and what did people think of it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, Protocol
from uuid import UUID

from rag.domain.answer import Answer
from rag.domain.documents import ChunkId
from rag.domain.errors import NotFoundError
from rag.domain.question import Question
from rag.domain.recipe import RankingRecipe

GOOD_RATING: Final = 3.5  # what the mean of the ratings must not fall below, as the runbook has it
SESSION_MEMORY: Final = timedelta(hours=1)


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
        question: what was asked, with its options.
        read_as: the question made stand-alone, where it leaned on earlier ones of its session.
        sources: the sources of the citations, each once, in order.
        model: the embedding model's key.
        ranking: how the passages were ranked; None where an earlier release did not write it down.
        reranked: whether they were judged once more.
        retrieval_score: the best passage's cosine; None where nothing was found.
    """

    id: UUID
    request_id: str
    asked_at: datetime
    question: Question
    read_as: str | None
    answer: Answer
    sources: Sequence[str]
    generation: str | None
    model: str
    ranking: RankingRecipe | None
    reranked: bool
    retrieval_score: float | None
    timings_ms: Mapping[str, float]
    latency_ms: float

    @property
    def whole_question(self) -> str:
        """What was searched for and answered: the question in its stand-alone form."""
        return self.read_as or self.question.text


@dataclass(frozen=True, slots=True)
class Feedback:
    """A rating of one answer, 1 (useless) to 5 (exactly what was asked for)."""

    id: UUID
    query_log_id: UUID
    rating: int
    comment: str | None
    verdicts: Sequence[tuple[ChunkId, ChunkVerdict]]
    rated_at: datetime


@dataclass(frozen=True, slots=True)
class RatedQuery:
    """An entry of the query log with one of its ratings."""

    record: QueryRecord
    feedback: Feedback


class RatedBy(StrEnum):
    """What ratings can be summed up by."""

    SOURCE = "source"
    GENERATION = "generation"


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """How the answers of one source or generation were rated.

    Attributes:
        name: the source or generation; None for answers that cited nothing, or had no index.
        ratings: how many there are; an answer of several sources counts for each of them.
        mean: 1 to 5.
        share_below: the share of ratings below `GOOD_RATING`, 0 to 1.
    """

    name: str | None
    ratings: int
    mean: float
    share_below: float


class Journal(Protocol):
    """The query log and the ratings: what is acknowledged is stored."""

    async def record_query(self, entry: QueryRecord) -> None:
        """This will return when the entry is committed; a second call with the same id changes nothing."""

    async def record_feedback(self, feedback: Feedback) -> None:
        """This will return when the rating is committed.

        Raises:
            UnknownQueryLogError: the rated entry does not exist.
        """

    async def query(self, query_log_id: UUID) -> QueryRecord:
        """This will give one entry.

        Raises:
            UnknownQueryLogError: it does not exist.
        """

    async def ratings_of(self, query_log_id: UUID) -> Sequence[Feedback]:
        """This will give the ratings of one entry, the oldest first; none where it does not exist."""

    async def low_rated(
        self, *, below: float, limit: int, since: datetime | None = None
    ) -> Sequence[RatedQuery]:
        """This will give ratings below `below` with their entries: the lowest first, then the newest.

        `since` keeps those that were given then or later.
        """

    async def rating_summary(self, *, by: RatedBy, since: datetime | None = None) -> Sequence[RatingSummary]:
        """This will sum up the ratings, those given `since` or all, the lowest mean first."""

    async def earlier_questions(self, session: str, *, before: datetime, limit: int) -> Sequence[str]:
        """This will give the session's latest questions of the hour before `before`, oldest first."""
