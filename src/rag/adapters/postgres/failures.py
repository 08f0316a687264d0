"""What went wrong between us and PostgreSQL, in words that name the cause?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships without type information
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from rag.ports.library import LibraryUnavailableError

FOREIGN_KEY_VIOLATION: Final = "23503"

_CAUSES: Final = {
    "08": "the connection to PostgreSQL broke",
    "22": "PostgreSQL refused a value",
    "23": "PostgreSQL refused a row that breaks a rule",
    "25006": "PostgreSQL is read-only: a standby, or in recovery",
    "28": "PostgreSQL refused the login: check user and password in DATABASE_URL",
    "3D000": "the database does not exist",
    "40": "PostgreSQL broke off a transaction that stood in the way of another",
    "42P01": "tables are missing: the database has not been migrated",
    "42": "PostgreSQL did not accept a statement: its tables may be older or newer than this program",
    "53100": "PostgreSQL's disk is full",
    "53200": "PostgreSQL ran out of memory",
    "53300": "PostgreSQL has too many clients already: no connection slot is free",
    "55P03": "a lock was not free in time",
    "57014": "a statement took longer than its time limit, or was cancelled",
    "57P01": "PostgreSQL closed the connection: it is being stopped, or an operator ended the session",
    "57P02": "PostgreSQL crashed and closed the connection",
    "57P03": "PostgreSQL is starting, stopping or in recovery and takes no connections now",
    "58": "PostgreSQL met an error of its operating system",
}


@contextmanager
def library_failures() -> Iterator[None]:
    """This will let no failure of the driver or the network pass as anything but LibraryUnavailableError."""
    try:
        yield
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as failure:
        raise classify(failure) from failure


def classify(failure: Exception) -> LibraryUnavailableError:
    """This will name the cause of a failure of SQLAlchemy, asyncpg or the operating system."""
    original = _original(failure)
    return LibraryUnavailableError(f"{_cause(failure, original)} ({_detail(original)}).")


def sqlstate_of(failure: BaseException) -> str | None:
    """This will give the five characters by which PostgreSQL names an error, or None where it named none."""
    state = getattr(_original(failure), "sqlstate", None)
    return state if isinstance(state, str) else None


def _original(failure: BaseException) -> BaseException:
    """The driver's own exception: SQLAlchemy wraps it, and its asyncpg dialect wraps it once more."""
    wrapped = failure.orig if isinstance(failure, DBAPIError) and failure.orig is not None else failure
    return wrapped.__cause__ if wrapped is not failure and wrapped.__cause__ is not None else wrapped


def _cause(failure: Exception, original: BaseException) -> str:
    if isinstance(failure, PoolTimeoutError):
        return "no connection of the pool became free in time: raise DB_POOL_SIZE or ask for less at once"
    state = sqlstate_of(failure)
    if state is not None:
        return _CAUSES.get(state) or _CAUSES.get(state[:2]) or "PostgreSQL failed"
    if isinstance(original, ConnectionRefusedError | FileNotFoundError):
        return "PostgreSQL refused the connection: nothing listens at its address"
    if isinstance(original, TimeoutError):
        return "PostgreSQL did not answer in time"
    if isinstance(original, OSError | asyncpg.InterfaceError):
        return "PostgreSQL cannot be reached"
    return "PostgreSQL failed"


def _detail(original: BaseException) -> str:
    lines = str(original).strip().splitlines()
    return f"{type(original).__name__}: {lines[0]}" if lines else type(original).__name__
