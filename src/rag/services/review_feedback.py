"""Look at what was rated badly, and at what would be answered now."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rag.domain.question import Question
from rag.ports.clock import Clock
from rag.ports.journal import Feedback, Journal, QueryRecord, RatedBy, RatedQuery, RatingSummary
from rag.services.ask import AskQuestion

REVIEW_REQUEST = "review"


@dataclass(frozen=True, slots=True)
class ReviewedQuery:
    """An entry of the query log with its low ratings.

    Attributes:
        ratings: the low ones, the lowest first.
        now: what is answered now; None where that was not asked for.
    """

    record: QueryRecord
    ratings: Sequence[Feedback]
    now: QueryRecord | None


@dataclass(frozen=True, slots=True)
class RatingOverview:
    """How answers were rated.

    Attributes:
        mean: 1 to 5; None where there is no rating.
        share_below: the share of ratings below `GOOD_RATING`; None where there is no rating.
        by_source: an answer of several sources counts for each of them.
    """

    ratings: int
    mean: float | None
    share_below: float | None
    by_source: Sequence[RatingSummary]
    by_generation: Sequence[RatingSummary]


def asked_again(record: QueryRecord) -> Question:
    """This will give the question so that it can be asked again without the rest of its session."""
    return replace(record.question, text=record.whole_question, session=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFeedback:
    """Read the ratings; nothing is written."""

    journal: Journal
    clock: Clock

    async def __call__(
        self, *, below: float, limit: int, age: timedelta | None = None, ask: AskQuestion | None = None
    ) -> AsyncIterator[ReviewedQuery]:
        """This will give the worst-rated answers, the lowest rating first; with `ask`, also today's.

        Args:
            below: ratings below this count as low.
            limit: how many ratings to look at, most.
            age: ratings older than this are left out.
            ask: what answers now; it must not write to the query log.

        Raises:
            UnavailableError: a part that no answer can do without is missing.
        """
        low = await self.journal.low_rated(below=below, limit=limit, since=self._since(age))
        for ratings in _by_query(low):
            record = ratings[0].record
            now = await ask(asked_again(record), request_id=REVIEW_REQUEST) if ask else None
            yield ReviewedQuery(record, [rated.feedback for rated in ratings], now)

    async def overview(self, *, age: timedelta | None = None) -> RatingOverview:
        """This will sum up the ratings, by source and by generation."""
        since = self._since(age)
        by_generation = await self.journal.rating_summary(by=RatedBy.GENERATION, since=since)
        by_source = await self.journal.rating_summary(by=RatedBy.SOURCE, since=since)
        count = sum(one.ratings for one in by_generation)
        return RatingOverview(
            ratings=count,
            mean=sum(one.mean * one.ratings for one in by_generation) / count if count else None,
            share_below=(
                sum(one.share_below * one.ratings for one in by_generation) / count if count else None
            ),
            by_source=by_source,
            by_generation=by_generation,
        )

    def _since(self, age: timedelta | None) -> datetime | None:
        return None if age is None else self.clock.now() - age


def _by_query(low: Sequence[RatedQuery]) -> Sequence[Sequence[RatedQuery]]:
    """Put the ratings of one answer together, where the first of them stands."""
    groups: dict[object, list[RatedQuery]] = {}
    for rated in low:
        groups.setdefault(rated.record.id, []).append(rated)
    return list(groups.values())
