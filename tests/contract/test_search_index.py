"""Every index keeps the contract of search: the fake, the embedded engine, and a Qdrant server."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.adapters.qdrant import QdrantSearchIndex, connect
from rag.domain.recipe import LexicalRecipe
from tests.contract.search_index_contract import Index, LifeContract, SearchContract
from tests.support.engine import running_engine

SERVER = "QDRANT_TEST_URL"  # of a server whose collections rag-* may be deleted


@pytest.fixture(scope="module")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One engine process for all tests of this file."""
    with running_engine(tmp_path_factory.mktemp("engine")) as url:
        yield url


@pytest.fixture(params=["in-memory", "qdrant-embedded", *(["qdrant-server"] if SERVER in os.environ else [])])
async def index(request: pytest.FixtureRequest) -> AsyncIterator[Index]:
    """An index without any generation."""
    if request.param == "in-memory":
        yield InMemorySearchIndex()
        return
    is_server = request.param == "qdrant-server"
    url = os.environ[SERVER] if is_server else request.getfixturevalue("engine_url")
    client = connect(url, api_key=os.environ.get("QDRANT_TEST_API_KEY"))
    index = QdrantSearchIndex(client, lexical=LexicalRecipe())
    for generation in await index.generations():
        await client.delete_collection(generation)
    yield index
    await client.close()


class TestLife(LifeContract):
    """The life of generations."""


class TestSearch(SearchContract):
    """What a search finds."""


@pytest.mark.skipif(SERVER not in os.environ, reason=f"{SERVER} is not set: no Qdrant server was tested")
async def test_a_server_was_tested() -> None:
    """The contract ran against a server, and not only against the embedded engine."""
    client = connect(os.environ[SERVER], api_key=os.environ.get("QDRANT_TEST_API_KEY"))
    assert "qdrant" in (await client.info()).title
    await client.close()
