"""A graph is built beside the running collection, and nothing that happens meanwhile is lost."""

import asyncio
import time
from itertools import count
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient, models

from rag.adapters.qdrant import QdrantSearchIndex
from rag.domain.question import Filter
from rag.domain.recipe import LexicalRecipe
from tests.adapters.embedded.engine.builds import built, is_building
from tests.support.points import point, points_with, random_directions, recipe

NAME = "rag-0001-aaaaaaaa"
DIMENSION, NUMBER, EXACT_BELOW = 32, 4000, 1000
VECTORS = random_directions(NUMBER, dimension=DIMENSION)


@pytest.fixture
async def index(client: AsyncQdrantClient) -> QdrantSearchIndex:
    """A live generation that is large enough for a graph."""
    index = QdrantSearchIndex(client, lexical=LexicalRecipe(), exact_below_points=EXACT_BELOW)
    await index.create(NAME, recipe(dimension=DIMENSION))
    await index.upsert(NAME, points_with(VECTORS))
    await index.switch(NAME)
    return index


async def recall(index: QdrantSearchIndex) -> float:
    """Give the mean share of the ten true neighbours among the ten that are found."""
    shares = []
    for question in random_directions(40, dimension=DIMENSION, seed=1):
        dense, _ = await index.search("", question, limit=10, filter_by=Filter())
        found = {candidate.chunk_id.int - 1 for candidate in dense.candidates}
        shares.append(len(found & set(np.argsort(-(VECTORS @ question))[:10].tolist())) / 10)
    return float(np.mean(shares))


async def test_a_graph_finds_nearly_all_neighbours(
    index: QdrantSearchIndex, client: AsyncQdrantClient
) -> None:
    """A scan finds all of them, and the graph at least 95 in 100."""
    assert await recall(index) == 1.0
    before = (await client.get_collection(NAME)).indexed_vectors_count or 0
    await index.optimize(NAME)
    after = (await built(client, NAME)).indexed_vectors_count or 0
    assert after - before >= NUMBER * 0.9  # so it is the graph that answers from here
    assert await recall(index) >= 0.95


async def test_small_collections_stay_without_a_graph(client: AsyncQdrantClient) -> None:
    """Below the threshold nothing is copied, and nothing built."""
    index = QdrantSearchIndex(client, lexical=LexicalRecipe(), exact_below_points=NUMBER + 1)
    await index.create(NAME, recipe(dimension=DIMENSION))
    await index.upsert(NAME, points_with(VECTORS))
    assert await start(client) == {"started": False}
    await index.optimize(NAME)
    assert not await is_building(client, NAME)


async def test_asking_again_while_it_is_built_changes_nothing(
    index: QdrantSearchIndex, client: AsyncQdrantClient, shared_data: Path
) -> None:
    """Every call returns long before the graph is there, and only one copy is made."""
    before = set((shared_data / "collections").iterdir())
    began = time.monotonic()
    for _ in range(5):
        await index.optimize(NAME)
    asked_seconds = time.monotonic() - began
    assert await is_building(client, NAME)
    seen = set((shared_data / "collections").iterdir())
    await built(client, NAME)
    assert asked_seconds < (time.monotonic() - began) / 2
    (made,) = set((shared_data / "collections").iterdir())
    assert seen <= {*before, made}


async def test_a_graph_is_not_built_twice(index: QdrantSearchIndex, client: AsyncQdrantClient) -> None:
    """Without new points there is nothing to do; with enough of them, or enough deleted, there is."""
    await index.optimize(NAME)
    await built(client, NAME)
    assert await start(client) == {"started": False}
    await index.remove(NAME, [UUID(int=n + 1) for n in range(NUMBER // 3)])
    assert await start(client) == {"started": True}
    await built(client, NAME)
    assert await start(client) == {"started": False}
    more = random_directions(2 * EXACT_BELOW, dimension=DIMENSION, seed=2)
    await index.upsert(NAME, points_with(more, first=NUMBER))
    assert await start(client) == {"started": True}


async def test_searches_and_writes_go_on_and_survive(
    index: QdrantSearchIndex, client: AsyncQdrantClient
) -> None:
    """While the graph is built every search answers, and what is written, changed and deleted stays so."""
    await index.optimize(NAME)
    building = asyncio.create_task(built(client, NAME))
    written, deleted, searches = await write_until(building, index)
    assert written > NUMBER  # or nothing happened meanwhile
    assert deleted
    assert searches > 3
    assert await index.count(NAME) == written - len(deleted)
    assert await index.present(NAME, [UUID(int=n + 1) for n in deleted]) == frozenset()
    changed = next(n for n in range(NUMBER) if n not in deleted)
    _, words = await index.search(f"changed{changed}", VECTORS[0], limit=3, filter_by=Filter())
    assert [found.chunk_id.int - 1 for found in words.candidates] == [changed]
    _, words = await index.search(f"word{changed}", VECTORS[0], limit=3, filter_by=Filter())
    assert words.candidates == ()


async def write_until(
    building: asyncio.Task[models.CollectionInfo], index: QdrantSearchIndex
) -> tuple[int, list[int], int]:
    """Write, change, delete and search until the graph is there; give points made, deleted, and searches."""
    deleted: list[int] = []
    for turn in count():
        number = NUMBER + turn
        fresh = point(number, VECTORS[turn % NUMBER], f"fresh{number}")
        changed = point(turn, VECTORS[turn], f"changed{turn}")
        await index.upsert(NAME, [fresh, changed])
        if turn % 3 == 2:
            deleted.append(turn - 1)
            await index.remove(NAME, [UUID(int=turn)])
        dense, _ = await index.search("", VECTORS[turn], limit=1, filter_by=Filter())
        assert len(dense.candidates) == 1
        if building.done():
            await building
            return number + 1, deleted, turn
    raise AssertionError


@pytest.mark.usefixtures("index")
async def test_an_index_made_meanwhile_is_kept(client: AsyncQdrantClient) -> None:
    """A payload index that is made or dropped during the building is there, or is not, afterwards."""
    assert await start(client) == {"started": True}
    await client.create_payload_index(NAME, "ordinal", models.PayloadSchemaType.INTEGER)
    await client.delete_payload_index(NAME, "dated")
    await built(client, NAME)
    assert {"ordinal", "source"} <= (found := (await client.get_collection(NAME)).payload_schema).keys()
    assert "dated" not in found


async def test_a_collection_can_go_while_it_is_built(
    index: QdrantSearchIndex, client: AsyncQdrantClient
) -> None:
    """Deleting wins over building, and the name can be used again at once."""
    assert await start(client) == {"started": True}
    await client.delete_collection(NAME)
    await index.create(NAME, recipe(dimension=DIMENSION))
    await asyncio.sleep(1.0)
    assert await index.count(NAME) == 0


async def start(client: AsyncQdrantClient) -> object:
    """Ask for a graph, and give what the engine answers."""
    answer = await client.http.client.request(
        type_=object, method="POST", url="/collections/{name}/optimize", path_params={"name": NAME}
    )
    assert isinstance(answer, dict)
    return answer["result"]
