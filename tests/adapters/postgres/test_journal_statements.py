"""How PostgreSQL carries out what the query log is asked."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres.journal_statements import earlier_statement

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_earlier_questions_are_found_by_their_index(pool: AsyncEngine) -> None:
    """A query log of any size is not read for the questions of one session."""
    statement = earlier_statement("desk 7", before=NOON, limit=3)
    sql = statement.compile(pool.sync_engine, compile_kwargs={"literal_binds": True})
    async with pool.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await connection.execute(text(f"EXPLAIN {sql}".replace(":", "\\:")))).scalars())
    assert "query_logs_by_session" in plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert '"left"(session, 200)' in condition
    assert condition.count("created_at") == 2
