"""Does every failure of PostgreSQL arrive as LibraryUnavailableError that names its cause?"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard, PostgresJournal, PostgresLibrary, connect, migrate
from rag.adapters.postgres.failures import library_failures
from rag.ports.jobs import FileResult, Upload
from rag.ports.library import LibraryUnavailableError
from tests.support.books import RECIPE, candidates, cut, document
from tests.support.entries import entry, rating
from tests.support.postgres import PostgresServer

ID = UUID(int=1)


def every_call(engine: AsyncEngine) -> list[Callable[[], Awaitable[object]]]:
    """Every method of the three ports, with something to do."""
    library, journal, board = PostgresLibrary(engine), PostgresJournal(engine), PostgresJobBoard(engine)
    whole = document()
    return [
        lambda: library.content_hashes([ID], generation="g"),
        lambda: library.put(whole, cut(whole, generation="g"), generation="g"),
        lambda: library.delete(ID),
        lambda: library.pending_removals(limit=1),
        lambda: library.confirm_removals([ID]),
        lambda: library.document(ID),
        lambda: library.summary(ID),
        library.summaries,
        lambda: library.chunks(ID),
        lambda: library.passages(candidates([ID])),
        lambda: library.vectors(["a"], model="m"),
        lambda: library.store_vectors({"a": np.zeros(2, np.float32)}, model="m"),
        library.counts,
        library.count_vectors,
        library.live_generation,
        library.generations,
        lambda: library.add_generation(RECIPE),
        lambda: library.make_live("g"),
        library.ping,
        lambda: journal.record_query(entry()),
        lambda: journal.record_feedback(rating(ID)),
        lambda: board.submit([Upload("a", b"")]),
        lambda: board.job(ID),
        board.jobs,
        board.backlog,
        lambda: board.start(ID),
        lambda: board.contents(ID, ["a"]),
        lambda: board.superseded(ID, ["a"]),
        lambda: board.expand(ID, "a", []),
        lambda: board.cancel(ID),
        lambda: board.retry(ID),
        lambda: board.record(ID, FileResult("a", "added", None, 0, 0.0, None)),
        lambda: board.finish(ID),
    ]


async def test_every_call_says_that_the_server_is_gone(private_postgres_server: PostgresServer) -> None:
    """With its server stopped, over old connections or new ones, no call raises anything else."""
    url = private_postgres_server.url()
    await migrate(url)
    pool = connect(url, pool_size=1, max_overflow=0)
    await PostgresLibrary(pool).ping()
    private_postgres_server.stop()
    for call in every_call(pool):
        with pytest.raises(LibraryUnavailableError, match="PostgreSQL"):
            await call()
    with pytest.raises(LibraryUnavailableError, match="nothing listens"):
        await migrate(url)
    private_postgres_server.start()
    await PostgresLibrary(pool).ping()
    await pool.dispose()


async def test_full_slots_are_named(private_postgres_server: PostgresServer) -> None:
    """When the server has no connection left the message says `too many clients`, as its own log does."""
    private_postgres_server.stop()
    private_postgres_server.start(
        "max_connections=4", "superuser_reserved_connections=0", "max_wal_senders=0"
    )
    pool = connect(private_postgres_server.url(), pool_size=10, max_overflow=0)
    with pytest.raises(LibraryUnavailableError, match="too many clients"):
        await asyncio.gather(*(_hold(pool, seconds=1) for _ in range(8)))
    await pool.dispose()


async def _hold(pool: AsyncEngine, *, seconds: float) -> None:
    with library_failures():
        async with pool.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})


async def test_a_full_pool_is_named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all of our own connections are in use the message names the setting to raise."""
    monkeypatch.setattr("rag.adapters.postgres.connection.POOL_TIMEOUT_SECONDS", 0.05)
    pool = connect(database_url, pool_size=1, max_overflow=0)
    async with pool.connect():
        with pytest.raises(LibraryUnavailableError, match="DB_POOL_SIZE"):
            await PostgresLibrary(pool).ping()
    await pool.dispose()


@pytest.mark.parametrize(
    ("setting", "cause"),
    [("transaction_read_only = on", "read-only"), ("statement_timeout = '20ms'", "time limit")],
)
async def test_a_refused_statement_is_named(pool: AsyncEngine, setting: str, cause: str) -> None:
    """A standby and a statement that takes too long can be told apart by the message."""
    with pytest.raises(LibraryUnavailableError, match=cause):
        await _write(pool, setting=setting)


async def _write(engine: AsyncEngine, *, setting: str) -> None:
    with library_failures():
        async with engine.begin() as connection:
            await connection.execute(text(f"SET LOCAL {setting}"))
            await connection.execute(text("SELECT pg_sleep(0.1)"))
            await connection.execute(text("CREATE TABLE refused ()"))


async def test_missing_tables_are_named(empty_database_url: str) -> None:
    """A database that nobody has migrated says so."""
    pool = connect(empty_database_url, pool_size=1, max_overflow=0)
    with pytest.raises(LibraryUnavailableError, match="has not been migrated"):
        await PostgresLibrary(pool).counts()
    await pool.dispose()


async def test_a_missing_database_is_named(postgres_server: PostgresServer) -> None:
    """A name that no database has is told apart from a server that is down."""
    pool = connect(postgres_server.url("nowhere"), pool_size=1, max_overflow=0)
    with pytest.raises(LibraryUnavailableError, match="the database does not exist"):
        await PostgresLibrary(pool).ping()
    await pool.dispose()


async def test_a_host_that_does_not_answer_is_given_up() -> None:
    """A server that accepts and says nothing costs the connect timeout, not for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        url = f"postgresql://rag@{place}/rag?connect_timeout=0.3&sslmode=disable"
        pool = connect(url, pool_size=1, max_overflow=0)
        with pytest.raises(LibraryUnavailableError, match="did not answer in time"):
            await PostgresLibrary(pool).ping()
        await pool.dispose()
