"""What is the query log asked, in SQL?"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal_column, select, true

from rag.adapters.postgres.rows import zoned
from rag.adapters.postgres.stored_text import storable
from rag.adapters.postgres.tables import SESSION_CHARACTERS, query_logs
from rag.adapters.postgres.tables import feedback as ratings
from rag.ports.journal import GOOD_RATING, SESSION_MEMORY, RatedBy

RATING: Final = "feedback_"  # what the names of a rating's columns begin with beside those of its entry


def low_statement(*, below: float, limit: int, since: datetime | None) -> Select[Any]:
    """This will select ratings below `below` with their entries: the lowest first, then the newest."""
    columns = [column.label(f"{RATING}{column.name}") for column in ratings.c]
    return (
        select(query_logs, *columns)
        .join(ratings, ratings.c.query_log_id == query_logs.c.id)
        .where(ratings.c.rating < below, _given(since))
        .order_by(ratings.c.rating, ratings.c.rated_at.desc(), ratings.c.id)
        .limit(limit)
    )


def means_statement(*, by: RatedBy, since: datetime | None) -> Select[Any]:
    """This will select `name`, `ratings`, `mean` and `low`, the number below a good rating.

    An answer of several sources counts for each of them, and one without any for the name NULL.
    """
    rated = query_logs.join(ratings, ratings.c.query_log_id == query_logs.c.id)
    name: ColumnElement[str | None] = query_logs.c.generation
    if by is RatedBy.SOURCE:
        source = func.unnest(query_logs.c.sources).table_valued("name").lateral("of_answer")
        rated = rated.outerjoin(source, true())
        name = source.c.name
    mean = func.avg(ratings.c.rating)
    return (
        select(
            name.label("name"),
            func.count().label("ratings"),
            mean.label("mean"),
            func.count().filter(ratings.c.rating < GOOD_RATING).label("low"),
        )
        .select_from(rated)
        .where(_given(since))
        .group_by(name)
        .order_by(mean, func.count().desc(), name)
    )


def earlier_statement(session: str, *, before: datetime, limit: int) -> Select[Any]:
    """This will select the session's latest questions of the hour before `before`, the newest first."""
    stored, moment = storable(session), zoned(before)
    # Written out, not bound: only then is it seen to be what the index holds.
    beginning: ColumnElement[str] = literal_column(
        f'left(query_logs.session, {SESSION_CHARACTERS}) COLLATE "C"'
    )
    return (
        select(query_logs.c.query_text)
        .where(
            beginning == stored[:SESSION_CHARACTERS],
            query_logs.c.session == stored,
            query_logs.c.created_at < moment,
            query_logs.c.created_at >= moment - SESSION_MEMORY,
        )
        .order_by(query_logs.c.created_at.desc(), query_logs.c.id.desc())
        .limit(limit)
    )


def _given(since: datetime | None) -> ColumnElement[bool]:
    return true() if since is None else ratings.c.rated_at >= zoned(since)
