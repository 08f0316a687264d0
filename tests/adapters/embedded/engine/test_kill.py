"""Whatever moment the engine is killed at, what it acknowledged is there when it comes back."""

import asyncio
import random
from contextlib import suppress

import pytest
from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import QdrantSearchIndex
from rag.domain.question import Filter
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import SearchUnavailableError
from tests.adapters.embedded.engine.builds import built, is_building
from tests.support.engine import StartedEngine
from tests.support.points import points_with, random_directions, recipe

NAME, NEXT = "rag-0001-aaaaaaaa", "rag-0002-bbbbbbbb"
DIMENSION, BATCH = 32, 100
VECTORS = random_directions(BATCH, dimension=DIMENSION)


async def test_acknowledged_points_survive(engine: StartedEngine, engine_client: AsyncQdrantClient) -> None:
    """Killed four times while points are written, the engine loses none that it acknowledged."""
    chance = random.Random(7)  # noqa: S311 - moments to kill at, not secrets
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe())
    await index.create(NAME, recipe(dimension=DIMENSION))
    await index.switch(NAME)
    acknowledged: set[int] = set()
    for _ in range(4):
        enough = len(acknowledged) + 2 * BATCH
        writing = asyncio.create_task(write(index, acknowledged))
        while len(acknowledged) < enough:  # noqa: ASYNC110 - seconds pass only where something is broken
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.uniform(0, 0.3))
        engine.kill()
        await writing
        engine.restart()
        assert await index.live() == NAME
        ids = [point.chunk.id for point in points_with(VECTORS[:1].repeat(len(acknowledged), axis=0))]
        assert await index.present(NAME, ids) == set(ids)
    assert acknowledged == set(range(len(acknowledged)))
    dense, words = await index.search("word7", VECTORS[7], limit=1, filter_by=Filter())
    assert {found.candidates[0].chunk_id.int % BATCH for found in (dense, words)} == {8}


async def write(index: QdrantSearchIndex, acknowledged: set[int]) -> None:
    """Write batch after batch, and note what was acknowledged, until the engine is gone."""
    with suppress(SearchUnavailableError):
        while True:
            first = len(acknowledged)
            await index.upsert(NAME, points_with(VECTORS, first=first))
            acknowledged.update(range(first, first + BATCH))


async def test_the_alias_survives(engine: StartedEngine, engine_client: AsyncQdrantClient) -> None:
    """Killed while the alias is moved to and fro, the engine comes back with one of both, never without."""
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe())
    for generation in (NAME, NEXT):
        await index.create(generation, recipe(dimension=DIMENSION))
    await index.switch(NAME)
    for delay in (0.03, 0.11, 0.2):
        moving = asyncio.create_task(move(index))
        await asyncio.sleep(delay)
        engine.kill()
        await moving
        engine.restart()
        assert await index.live() in {NAME, NEXT}
        assert await index.generations() == (NAME, NEXT)


async def move(index: QdrantSearchIndex) -> None:
    """Switch between both generations until the engine is gone."""
    with suppress(SearchUnavailableError):
        while True:
            for generation in (NEXT, NAME):
                await index.switch(generation)


@pytest.mark.parametrize("delay", [0.05, 0.6, 1.2])
async def test_a_kill_during_a_build_changes_nothing(
    engine: StartedEngine, engine_client: AsyncQdrantClient, delay: float
) -> None:
    """At whatever moment of a build, every point is there afterwards, and the next call builds the graph."""
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe(), exact_below_points=300)
    await index.create(NAME, recipe(dimension=DIMENSION))
    await index.upsert(NAME, points_with(random_directions(1500, dimension=DIMENSION)))
    await index.optimize(NAME)
    await asyncio.sleep(delay)
    await index.upsert(NAME, points_with(VECTORS, first=1500))
    engine.kill()
    engine.restart()
    assert await index.count(NAME) == 1500 + BATCH
    assert len(list((engine.data_dir / "collections").iterdir())) == 1
    assert not await is_building(engine_client, NAME)
    await index.optimize(NAME)
    assert ((await built(engine_client, NAME)).indexed_vectors_count or 0) >= 2 * 1500
    assert await index.count(NAME) == 1500 + BATCH


async def test_a_stop_during_a_build_ends_it(engine: StartedEngine, engine_client: AsyncQdrantClient) -> None:
    """SIGTERM does not wait for a graph, and leaves no half of one."""
    index = QdrantSearchIndex(engine_client, lexical=LexicalRecipe(), exact_below_points=300)
    await index.create(NAME, recipe(dimension=DIMENSION))
    await index.upsert(NAME, points_with(random_directions(1500, dimension=DIMENSION)))
    await index.optimize(NAME)
    await asyncio.sleep(0.3)
    assert await asyncio.to_thread(engine.stop) == 0
    assert len(list((engine.data_dir / "collections").iterdir())) == 1
    engine.restart()
    assert await index.count(NAME) == 1500
