"""How do we reach PostgreSQL, and how long do we wait for it?"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import URL, NullPool, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rag.ports.library import LibraryUnavailableError

CONNECT_TIMEOUT_SECONDS: Final = 5.0
POOL_TIMEOUT_SECONDS: Final = 5.0
STATEMENT_TIMEOUT_SECONDS: Final = 30.0
RECYCLE_SECONDS: Final = 3600

# The server's own limit cannot end a wait on a network that has gone silent; the client's can, a bit later.
_COMMAND_TIMEOUT_SECONDS: Final = STATEMENT_TIMEOUT_SECONDS + 5.0

_DRIVERS: Final = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
_PLACES: Final = frozenset({"host", "port"})  # SQLAlchemy reads these two from the URL itself


def connect(database_url: str, *, pool_size: int, max_overflow: int) -> AsyncEngine:
    """This will make a pool for `database_url`; connections are opened when they are first asked for.

    `postgresql://`, `postgres://` and `postgresql+asyncpg://` are understood, with `?host=/socket/directory`,
    `port`, `sslmode`, `application_name` and `connect_timeout`.

    Raises:
        LibraryUnavailableError: the URL cannot be understood.
    """
    return create_async_engine(
        driver_url(database_url),
        connect_args=_arguments(database_url, statement_timeout_seconds=STATEMENT_TIMEOUT_SECONDS),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
    )


def connect_unhurried(database_url: str) -> AsyncEngine:
    """This will connect for work that may take long, such as a migration: no statement is timed out.

    Raises:
        LibraryUnavailableError: the URL cannot be understood.
    """
    arguments = _arguments(database_url, statement_timeout_seconds=None)
    return create_async_engine(driver_url(database_url), connect_args=arguments, pool_size=1, max_overflow=0)


def connect_for_leases(database_url: str) -> AsyncEngine:
    """This will connect anew for each lease: it takes no connection from the pool that its holder works with.

    Raises:
        LibraryUnavailableError: the URL cannot be understood.
    """
    arguments = _arguments(database_url, statement_timeout_seconds=STATEMENT_TIMEOUT_SECONDS)
    return create_async_engine(driver_url(database_url), connect_args=arguments, poolclass=NullPool)


def driver_url(database_url: str) -> URL:
    """This will give the URL as SQLAlchemy's asyncpg dialect wants it.

    Raises:
        LibraryUnavailableError: it is not a URL, or not one of PostgreSQL.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        # Neither the URL nor the parser's words are repeated: they may hold the password.
        raise LibraryUnavailableError("DATABASE_URL is not a URL.") from None
    if url.drivername not in _DRIVERS:
        raise LibraryUnavailableError(
            f"DATABASE_URL names {url.drivername}, but only postgresql:// is understood."
        )
    places = {name: value for name, value in url.query.items() if name in _PLACES}
    return url.set(drivername="postgresql+asyncpg", query=places)


def _arguments(database_url: str, *, statement_timeout_seconds: float | None) -> dict[str, Any]:
    driver_url(database_url)
    options = {name: value for name, value in make_url(database_url).query.items() if name not in _PLACES}
    settings = {"application_name": _text(options, "application_name", "rag")}
    arguments: dict[str, Any] = {
        "timeout": _seconds(options, "connect_timeout", CONNECT_TIMEOUT_SECONDS),
        "server_settings": settings,
    }
    if statement_timeout_seconds is not None:
        settings["statement_timeout"] = str(int(statement_timeout_seconds * 1000))
        arguments["command_timeout"] = _COMMAND_TIMEOUT_SECONDS
    if "sslmode" in options:
        arguments["ssl"] = _text(options, "sslmode", "prefer")
    unknown = options.keys() - {"application_name", "connect_timeout", "sslmode"}
    if unknown:
        raise LibraryUnavailableError(f"DATABASE_URL has unknown options: {', '.join(sorted(unknown))}.")
    return arguments


def _text(options: Mapping[str, tuple[str, ...] | str], name: str, default: str) -> str:
    value = options.get(name, default)
    return value if isinstance(value, str) else value[-1]


def _seconds(options: Mapping[str, tuple[str, ...] | str], name: str, default: float) -> float:
    try:
        return float(_text(options, name, str(default)))
    except ValueError:
        raise LibraryUnavailableError(f"DATABASE_URL has a {name} that is not a number.") from None


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()
