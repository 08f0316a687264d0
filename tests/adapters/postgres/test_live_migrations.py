"""Do answers go on being written while the query log's tables change, and does a killed change harm them?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres import connect, migrate
from rag.adapters.postgres.migrate import REVISIONS
from rag.ports.library import LibraryUnavailableError
from tests.support.migrations import OLD_ENTRY, migrate_to
from tests.support.postgres import run_sql

OTHER_ENTRY = OLD_ENTRY.replace("000000000001", "000000000002")
BUILDERS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND query LIKE '%CREATE INDEX CONCURRENTLY%'
"""
INDEX = """
    SELECT indexrelid::bigint, indisvalid FROM pg_index
    WHERE indexrelid = to_regclass('query_logs_by_session')
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection to the database."""
    pool = connect(url, pool_size=1, max_overflow=0)
    async with pool.connect() as connection:
        yield connection
    await pool.dispose()


async def index_of(url: str) -> tuple[int, bool] | None:
    """Give the index's id and whether it is valid; None where it is not there."""
    async with connected(url) as connection:
        row = (await connection.execute(text(INDEX))).one_or_none()
    return None if row is None else (row[0], row[1])


async def builder(url: str) -> int:
    """Wait for the process of the server that builds the index, and give its id."""
    async with asyncio.timeout(20), connected(url) as connection:
        while True:
            pid: int | None = await connection.scalar(text(BUILDERS))
            await connection.rollback()
            if pid is not None and await index_of(url) is not None:
                return pid
            await asyncio.sleep(0.05)


async def test_answers_are_written_while_the_index_is_built(empty_database_url: str) -> None:
    """The build waits for a writer that is slow, and nobody waits for the build."""
    await migrate_to(empty_database_url, "0007")
    async with connected(empty_database_url) as slow:
        await slow.execute(text(OLD_ENTRY))
        build = asyncio.create_task(migrate(empty_database_url))
        await builder(empty_database_url)
        async with connected(empty_database_url) as other:
            await other.execute(text("SET lock_timeout = '2s'"))
            await other.execute(text(OTHER_ENTRY))
            await other.commit()
        assert not build.done()
        await slow.commit()
    await build
    found = await index_of(empty_database_url)
    assert found is not None
    assert found[1]


async def test_what_a_killed_build_left_is_built_again(empty_database_url: str) -> None:
    """PostgreSQL keeps half an index that no question uses: the next start drops it and builds it whole."""
    await migrate_to(empty_database_url, "0007")
    async with connected(empty_database_url) as slow:
        await slow.execute(text(OLD_ENTRY))
        build = asyncio.create_task(migrate(empty_database_url))
        pid = await builder(empty_database_url)
        await run_sql(empty_database_url, f"SELECT pg_terminate_backend({pid})")
        with pytest.raises(LibraryUnavailableError):
            await build
    left = await index_of(empty_database_url)
    assert left is not None
    assert not left[1]
    await migrate(empty_database_url)
    built = await index_of(empty_database_url)
    assert built is not None
    assert built[1]
    assert built[0] != left[0]


async def test_an_index_that_is_whole_is_not_built_again(empty_database_url: str) -> None:
    """A process killed between the build and the note of it costs no second build."""
    await migrate(empty_database_url)
    before = await index_of(empty_database_url)
    await run_sql(empty_database_url, "UPDATE alembic_version SET version_num = '0007'")
    await migrate(empty_database_url)
    assert await index_of(empty_database_url) == before
    assert before is not None


async def test_a_table_in_use_is_not_waited_for_in_front_of_all_answers(empty_database_url: str) -> None:
    """The change gives up after seconds and leaves what was there; the next start makes it."""
    await migrate_to(empty_database_url, "0006")
    async with connected(empty_database_url) as reader:
        await reader.execute(text("SELECT count(*) FROM query_logs"))
        async with asyncio.timeout(20):
            with pytest.raises(LibraryUnavailableError, match="a lock was not free in time"):
                await migrate(empty_database_url)
    await run_sql(empty_database_url, OLD_ENTRY)
    await migrate(empty_database_url)
    async with connected(empty_database_url) as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
