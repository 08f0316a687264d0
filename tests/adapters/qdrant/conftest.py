"""Which engine do the tests of the Qdrant adapter use?"""

from collections.abc import AsyncIterator, Iterator

import pytest
from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import QdrantSearchIndex, connect
from rag.domain.recipe import LexicalRecipe
from tests.support.engine import running_engine


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One engine for all tests of the adapter."""
    with running_engine(tmp_path_factory.mktemp("engine")) as url:
        yield url


@pytest.fixture
async def client(engine_url: str) -> AsyncIterator[AsyncQdrantClient]:
    """A client, on an engine without collections."""
    client = connect(engine_url)
    for found in (await client.get_collections()).collections:
        await client.delete_collection(found.name)
    yield client
    await client.close()


@pytest.fixture
def index(client: AsyncQdrantClient) -> QdrantSearchIndex:
    """An index without any generation."""
    return QdrantSearchIndex(client, lexical=LexicalRecipe())
