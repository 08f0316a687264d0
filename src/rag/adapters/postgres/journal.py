"""Where are questions, answers and ratings kept, when PostgreSQL keeps them?"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Executable, RowMapping, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres.failures import FOREIGN_KEY_VIOLATION, library_failures, sqlstate_of
from rag.adapters.postgres.journal_statements import RATING, earlier_statement, low_statement, means_statement
from rag.adapters.postgres.query_rows import feedback_of, feedback_row, query_of, query_row
from rag.adapters.postgres.tables import feedback as ratings
from rag.adapters.postgres.tables import query_logs
from rag.domain.errors import InvalidInputError
from rag.ports.journal import (
    Feedback,
    QueryRecord,
    RatedBy,
    RatedQuery,
    RatingSummary,
    UnknownQueryLogError,
)


class PostgresJournal:
    """The journal in PostgreSQL; implements `rag.ports.journal.Journal`."""

    def __init__(self, engine: AsyncEngine) -> None:
        # Each entry is one statement, and so its own transaction.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def record_query(self, entry: QueryRecord) -> None:
        """This will return when the entry is committed."""
        with library_failures():
            await self._run(insert(query_logs).values(query_row(entry)).on_conflict_do_nothing())

    async def record_feedback(self, feedback: Feedback) -> None:
        """This will return when the rating is committed.

        Raises:
            UnknownQueryLogError: the rated entry does not exist.
            InvalidInputError: the rating is not 1 to 5.
        """
        if not 1 <= feedback.rating <= 5:  # noqa: PLR2004  # the two ends of the scale
            raise InvalidInputError(f"A rating is 1 to 5, not {feedback.rating}.")
        with library_failures():
            try:
                await self._run(insert(ratings).values(feedback_row(feedback)).on_conflict_do_nothing())
            except IntegrityError as failure:
                if sqlstate_of(failure) != FOREIGN_KEY_VIOLATION:
                    raise
                raise _unknown(feedback.query_log_id) from None

    async def query(self, query_log_id: UUID) -> QueryRecord:
        """This will give one entry.

        Raises:
            UnknownQueryLogError: it does not exist.
        """
        rows = await self._rows(select(query_logs).where(query_logs.c.id == query_log_id))
        if not rows:
            raise _unknown(query_log_id)
        return query_of(rows[0])

    async def ratings_of(self, query_log_id: UUID) -> Sequence[Feedback]:
        """This will give the ratings of one entry, the oldest first; none where it does not exist."""
        statement = (
            select(ratings)
            .where(ratings.c.query_log_id == query_log_id)
            .order_by(ratings.c.rated_at, ratings.c.id)
        )
        return [feedback_of(row) for row in await self._rows(statement)]

    async def low_rated(
        self, *, below: float, limit: int, since: datetime | None = None
    ) -> Sequence[RatedQuery]:
        """This will give ratings below `below` with their entries: the lowest first, then the newest."""
        rows = await self._rows(low_statement(below=below, limit=limit, since=since))
        return [RatedQuery(query_of(row), feedback_of(row, prefix=RATING)) for row in rows]

    async def rating_summary(self, *, by: RatedBy, since: datetime | None = None) -> Sequence[RatingSummary]:
        """This will sum the ratings up by source or generation, the lowest mean first."""
        rows = await self._rows(means_statement(by=by, since=since))
        return [
            RatingSummary(
                name=row["name"],
                ratings=row["ratings"],
                mean=float(row["mean"]),
                share_below=row["low"] / row["ratings"],
            )
            for row in rows
        ]

    async def earlier_questions(self, session: str, *, before: datetime, limit: int) -> Sequence[str]:
        """This will give the session's latest questions of the hour before `before`, oldest first."""
        rows = await self._rows(earlier_statement(session, before=before, limit=limit))
        return [row["query_text"] for row in reversed(rows)]

    async def _run(self, statement: Executable) -> None:
        async with self._single.connect() as connection:
            await connection.execute(statement)

    async def _rows(self, statement: Executable) -> Sequence[RowMapping]:
        with library_failures():
            async with self._single.connect() as connection:
                return (await connection.execute(statement)).mappings().all()


def _unknown(query_log_id: UUID) -> UnknownQueryLogError:
    return UnknownQueryLogError(f"There is no entry {query_log_id} in the query log.")
