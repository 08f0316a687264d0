"""Does every SQL statement that the runbook prints run as it is printed?"""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJournal, PostgresLibrary
from tests.support.books import document
from tests.support.entries import entry, rating
from tests.support.postgres import PostgresServer, binaries_for

LOW_RATED = """
SELECT query_text, rating, sources
FROM query_logs
JOIN feedback ON query_logs.id = feedback.query_log_id
WHERE rating <= 2
ORDER BY created_at DESC
LIMIT 20;
"""
LAST_UPDATES = """
SELECT source, MAX(created_at) as last_update
FROM documents
GROUP BY source
ORDER BY last_update ASC;
"""
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity;"
MORE_CONNECTIONS = "ALTER SYSTEM SET max_connections = 200;  -- Was 100"
RELOAD = "SELECT pg_reload_conf();"
END_IDLE = """
-- Kill idle connections older than 10 minutes
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE state = 'idle'
  AND state_change < NOW() - INTERVAL '10 minutes';
"""
CLEAR_LOGS = "DELETE FROM query_logs WHERE created_at < NOW() - INTERVAL '30 days';"
VACUUM = "VACUUM ANALYZE;"
EXPORT = "COPY (SELECT id, file_path FROM documents) TO STDOUT CSV;"


class Psql:
    """Runs statements as the runbook does: `psql -U rag -c`."""

    def __init__(self, server: PostgresServer, database: str) -> None:
        self._command = [
            str(binaries_for(server.directory) / "psql"),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        self._command += ["-U", "rag", "-h", str(server.directory), "-d", database]

    def __call__(self, statement: str) -> str:
        """Run one statement and give what it printed."""
        done = subprocess.run([*self._command, "-c", statement], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def psql(postgres_server: PostgresServer, database_url: str) -> Iterator[Psql]:
    """The runbook's way in, to a fresh database."""
    run = Psql(postgres_server, make_url(database_url).database or "")
    yield run
    run("ALTER SYSTEM RESET max_connections")


async def test_low_rated_questions_are_listed(psql: Psql, pool: AsyncEngine) -> None:
    """The join of the query log and the ratings names no column that both have."""
    for number, stars in enumerate((1, 5, 2)):
        asked = replace(entry(f"Question {number}?"), asked_at=datetime(2026, 11, 16 + number, tzinfo=UTC))
        await PostgresJournal(pool).record_query(asked)
        await PostgresJournal(pool).record_feedback(rating(asked.id, stars))
    assert psql(LOW_RATED).splitlines() == [
        "Question 2?|2|{guides/backup.md,faq.md}",
        "Question 0?|1|{guides/backup.md,faq.md}",
    ]


async def test_last_updates_and_the_export_name_every_document(psql: Psql, pool: AsyncEngine) -> None:
    """The list of sources and the list that a recovery starts from hold each document."""
    whole = document()
    await PostgresLibrary(pool).put(whole, [], generation="rag-0001-abcdef01")
    assert psql(LAST_UPDATES).startswith("guides/backup.md|2026-11-16 09:30:00.123456")
    assert psql(EXPORT) == f"{whole.id},/docs/guides/backup.md\n"


async def test_the_weekly_deletion_takes_ratings_along(psql: Psql, pool: AsyncEngine) -> None:
    """Old entries go with their ratings, and younger ones stay."""
    old, young = (replace(entry(), asked_at=datetime.now(UTC) - timedelta(days=days)) for days in (31, 29))
    for asked in (old, young):
        await PostgresJournal(pool).record_query(asked)
        await PostgresJournal(pool).record_feedback(rating(asked.id))
    psql(CLEAR_LOGS)
    async with pool.connect() as connection:
        left = await connection.execute(text("SELECT query_log_id FROM feedback"))
        assert [row.query_log_id for row in left] == [young.id]


@pytest.mark.parametrize("statement", [CONNECTIONS, MORE_CONNECTIONS, RELOAD, END_IDLE, VACUUM])
def test_an_operators_statement_runs(psql: Psql, statement: str) -> None:
    """What an operator types in an incident is accepted."""
    psql(statement)
