"""Which fakes and which real things must keep the promises of the library, the journal and the job board?"""

import os
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.adapters.in_memory.journal import InMemoryJournal
from rag.adapters.in_memory.leases import InMemoryLeases
from rag.adapters.in_memory.library import InMemoryLibrary
from rag.adapters.postgres import (
    PostgresJobBoard,
    PostgresJournal,
    PostgresLeases,
    PostgresLibrary,
    connect,
    connect_for_leases,
)
from rag.ports.jobs import JobBoard
from rag.ports.journal import Journal
from rag.ports.leases import Leases
from rag.ports.library import Library
from tests.support.entries import Written, WrittenInMemory, WrittenInPostgres

_DATABASES = {"postgres-embedded": "emptied_database_url", "postgres-external": "external_database_url"}
if not os.environ.get("DATABASE_TEST_URL"):
    del _DATABASES["postgres-external"]  # one test of its own says so, instead of every one


@pytest.fixture(params=["in-memory", *_DATABASES])
def place(request: pytest.FixtureRequest) -> str | None:
    """The URL of a fresh database of each kind, and None for the memory of this process."""
    if request.param not in _DATABASES:
        return None
    url: str = request.getfixturevalue(_DATABASES[request.param])
    return url


@pytest.fixture
async def engine(place: str | None) -> AsyncIterator[AsyncEngine | None]:
    """A pool for the database, where there is one."""
    if place is None:
        yield None
        return
    pool = connect(place, pool_size=4, max_overflow=2)
    yield pool
    await pool.dispose()


@pytest.fixture
def library(engine: AsyncEngine | None) -> Library:
    """An empty library of each kind."""
    return InMemoryLibrary() if engine is None else PostgresLibrary(engine)


@pytest.fixture
def journal(engine: AsyncEngine | None) -> Journal:
    """An empty journal of each kind."""
    return InMemoryJournal() if engine is None else PostgresJournal(engine)


@pytest.fixture
def written(journal: Journal, engine: AsyncEngine | None) -> Written:
    """What the journal of this test holds."""
    if isinstance(journal, InMemoryJournal):
        return WrittenInMemory(journal)
    assert engine is not None
    return WrittenInPostgres(engine)


@pytest.fixture
def leases(place: str | None) -> Leases:
    """Leases of each kind."""
    return InMemoryLeases() if place is None else PostgresLeases(connect_for_leases(place))


@pytest.fixture
def others(place: str | None, leases: Leases) -> Leases:
    """Leases at the same place, as another process has them; memory belongs to one process alone."""
    return leases if place is None else PostgresLeases(connect_for_leases(place))


@pytest.fixture
def board(engine: AsyncEngine | None) -> JobBoard:
    """An empty job board of each kind."""
    return InMemoryJobBoard() if engine is None else PostgresJobBoard(engine)
