"""Which DATABASE_URLs are understood, and what is every connection told?"""

import pytest
from sqlalchemy import make_url, text

from rag.adapters.postgres import PostgresLibrary, connect
from rag.ports.library import LibraryUnavailableError


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_every_way_to_name_postgres_is_understood(database_url: str, scheme: str) -> None:
    """The three schemes that people write all reach the server, over its socket's directory."""
    url = make_url(database_url).set(drivername=scheme).render_as_string(hide_password=False)
    pool = connect(url, pool_size=1, max_overflow=0)
    await PostgresLibrary(pool).ping()
    await pool.dispose()


async def test_connections_have_a_name_and_limits(database_url: str) -> None:
    """An operator sees who is connected, and no statement runs for ever."""
    pool = connect(f"{database_url}&application_name=rag-test&connect_timeout=3", pool_size=1, max_overflow=0)
    async with pool.connect() as connection:
        shown = [
            await connection.scalar(text(f"SHOW {name}"))
            for name in ("application_name", "statement_timeout")
        ]
    await pool.dispose()
    assert shown == ["rag-test", "30s"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "not a URL"),
        ("postgres", "not a URL"),
        ("postgresql://user:secret@host:port/db", "not a URL"),
        ("mysql://user:secret@host/db", "names mysql"),
        ("postgresql://user:secret@host/db?sslmod=require", "unknown options: sslmod"),
        ("postgresql://user:secret@host/db?connect_timeout=soon", "connect_timeout"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained(url: str, reason: str) -> None:
    """The error says what is wrong with the URL, and never repeats the password."""
    with pytest.raises(LibraryUnavailableError, match=reason) as caught:
        connect(url, pool_size=1, max_overflow=0)
    assert "secret" not in str(caught.value)


def test_a_tls_mode_reaches_the_driver() -> None:
    """`sslmode` is libpq's word for what the driver calls `ssl`: it is not taken for part of the URL."""
    pool = connect("postgresql://user@host:5433/db?sslmode=require", pool_size=1, max_overflow=0)
    assert pool.url.query == {}
    assert (pool.url.host, pool.url.port, pool.url.database) == ("host", 5433, "db")
