"""What was asked and rated in this process, and is forgotten with it?

Tests use it. So do measuring, replaying, and all other asking in production that must leave nothing in the
query log: there it keeps the latest entries alone, for the sessions that a test set asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from uuid import UUID

from rag.domain.errors import InvalidInputError
from rag.ports.journal import (
    GOOD_RATING,
    SESSION_MEMORY,
    Feedback,
    QueryRecord,
    RatedBy,
    RatedQuery,
    RatingSummary,
    UnknownQueryLogError,
)

_LOWEST, _HIGHEST = 1, 5


@dataclass
class InMemoryJournal:
    """A journal in dictionaries; implements `rag.ports.journal.Journal`.

    Attributes:
        most: how many entries are kept, the latest ones; None keeps all.
        queries: what was recorded, for tests to look at.
        ratings: the same for ratings.
    """

    most: int | None = None
    queries: dict[UUID, QueryRecord] = field(default_factory=dict)
    ratings: dict[UUID, Feedback] = field(default_factory=dict)

    async def record_query(self, entry: QueryRecord) -> None:
        """This will keep the entry, the first of its id, and forget the oldest one with its ratings."""
        self.queries.setdefault(entry.id, entry)
        if self.most is not None and len(self.queries) > self.most:
            del self.queries[next(iter(self.queries))]
            self.ratings = {
                each.id: each for each in self.ratings.values() if each.query_log_id in self.queries
            }

    async def record_feedback(self, feedback: Feedback) -> None:
        """This will keep the rating, the first of its id.

        Raises:
            UnknownQueryLogError: the rated entry does not exist.
            InvalidInputError: the rating is not 1 to 5.
        """
        if not _LOWEST <= feedback.rating <= _HIGHEST:
            raise InvalidInputError(f"A rating is 1 to 5, not {feedback.rating}.")
        await self.query(feedback.query_log_id)
        self.ratings.setdefault(feedback.id, feedback)

    async def query(self, query_log_id: UUID) -> QueryRecord:
        """This will give one entry.

        Raises:
            UnknownQueryLogError: it does not exist.
        """
        if query_log_id not in self.queries:
            raise UnknownQueryLogError(f"There is no entry {query_log_id} in the query log.")
        return self.queries[query_log_id]

    async def ratings_of(self, query_log_id: UUID) -> Sequence[Feedback]:
        """This will give the ratings of one entry, the oldest first; none where it does not exist."""
        given = [each for each in self.ratings.values() if each.query_log_id == query_log_id]
        return sorted(given, key=lambda each: (each.rated_at, each.id))

    async def low_rated(
        self, *, below: float, limit: int, since: datetime | None = None
    ) -> Sequence[RatedQuery]:
        """This will give ratings below `below` with their entries: the lowest first, then the newest."""
        low = [each for each in self._given(since) if each.rating < below]
        low.sort(key=lambda each: (each.rating, -each.rated_at.timestamp(), each.id))
        return [RatedQuery(self.queries[each.query_log_id], each) for each in low[:limit]]

    async def rating_summary(self, *, by: RatedBy, since: datetime | None = None) -> Sequence[RatingSummary]:
        """This will sum the ratings up by source or generation, the lowest mean first."""
        given: dict[str | None, list[int]] = {}
        for each in self._given(since):
            record = self.queries[each.query_log_id]
            names = (record.sources or (None,)) if by is RatedBy.SOURCE else (record.generation,)
            for name in names:
                given.setdefault(name, []).append(each.rating)
        summaries = [
            RatingSummary(
                name=name,
                ratings=len(stars),
                mean=fmean(stars),
                share_below=sum(each < GOOD_RATING for each in stars) / len(stars),
            )
            for name, stars in given.items()
        ]
        return sorted(summaries, key=lambda one: (one.mean, -one.ratings, one.name is None, one.name))

    async def earlier_questions(self, session: str, *, before: datetime, limit: int) -> Sequence[str]:
        """This will give the session's latest questions of the hour before `before`, oldest first."""
        asked = [
            entry
            for entry in self.queries.values()
            if entry.question.session == session and before - SESSION_MEMORY <= entry.asked_at < before
        ]
        asked.sort(key=lambda entry: (entry.asked_at, entry.id))
        return [entry.question.text for entry in asked[max(0, len(asked) - limit) :]]

    def _given(self, since: datetime | None) -> list[Feedback]:
        return [each for each in self.ratings.values() if since is None or each.rated_at >= since]
