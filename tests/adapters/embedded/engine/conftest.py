"""Which engines do the tests of the engine's process use?"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from tests.support.engine import StartedEngine, connected, running_engine, started_engine


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared engine keeps its files."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="session")
def shared_url(shared_data: Path) -> Iterator[str]:
    """One engine for the tests that end no process; each takes collections of its own."""
    with running_engine(shared_data) as url:
        yield url


@pytest.fixture
async def client(shared_url: str) -> AsyncIterator[AsyncQdrantClient]:
    """The official client, on the shared engine without collections."""
    async with connected(shared_url) as client:
        for found in (await client.get_collections()).collections:
            await client.delete_collection(found.name)
        yield client


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[StartedEngine]:
    """An engine that the test may end and start again."""
    with started_engine(tmp_path / "data") as engine:
        yield engine


@pytest.fixture
async def engine_client(engine: StartedEngine) -> AsyncIterator[AsyncQdrantClient]:
    """The official client of that engine, closed whatever the test comes to."""
    async with connected(engine.url) as client:
        yield client
