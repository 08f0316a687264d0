"""Does every library number its generations, switch between them, and keep vectors exactly?"""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from rag.domain.errors import NotFoundError
from rag.domain.recipe import ChunkingRecipe, ChunkingStrategy
from rag.ports.library import GenerationState, Library
from tests.support.books import RECIPE, cut, document


async def test_chunks_need_a_live_generation(library: Library) -> None:
    """As long as nothing is live a document has no chunks to show."""
    building, whole = await library.add_generation(RECIPE), document()
    await library.put(whole, cut(whole, generation=building.name), generation=building.name)
    assert await library.chunks(whole.id) == []
    assert (await library.summary(whole.id)).chunks == 0
    assert (await library.counts()).chunks == 0
    await library.make_live(building.name)
    assert len(await library.chunks(whole.id)) == 2
    assert (await library.counts()).chunks == 2


async def test_vectors_come_back_exactly(library: Library) -> None:
    """Vectors are kept by hash and model, bit by bit, and the first one stays."""
    random = np.random.default_rng(7)
    vectors = {f"{number:064x}": random.random(384, np.float32) for number in range(5)}
    await library.store_vectors(vectors, model="a/fp32/1")
    await library.store_vectors({name: vector * 2 for name, vector in vectors.items()}, model="a/fp32/1")
    await library.store_vectors({}, model="a/fp32/1")
    found = await library.vectors([*vectors, "f" * 64], model="a/fp32/1")
    assert found.keys() == vectors.keys()
    assert all(np.array_equal(found[name], vectors[name]) for name in vectors)
    assert all(vector.dtype == np.float32 for vector in found.values())
    assert await library.vectors([*vectors], model="a/fp32/2") == {}
    assert await library.vectors([], model="a/fp32/1") == {}
    assert await library.count_vectors() == 5


async def test_generations_are_numbered_and_keep_their_recipes(library: Library) -> None:
    """Each generation gets the next number, and its recipe comes back with the same fingerprint."""
    other = replace(RECIPE, chunking=ChunkingRecipe(ChunkingStrategy.HEADING_AWARE, 500, 60))
    made = [await library.add_generation(recipe) for recipe in (RECIPE, other, RECIPE)]
    assert [each.number for each in made] == [1, 2, 3]
    assert [each.state for each in made] == [GenerationState.BUILDING] * 3
    assert len({each.name for each in made}) == 3
    stored = await library.generations()
    assert list(stored) == made
    assert [each.recipe.fingerprint for each in stored] == [r.fingerprint for r in (RECIPE, other, RECIPE)]
    assert stored[1].recipe.chunking.strategy is ChunkingStrategy.HEADING_AWARE


async def test_generations_made_at_once_differ(library: Library) -> None:
    """Callers at the same moment get a generation each."""
    made = await asyncio.gather(*(library.add_generation(RECIPE) for _ in range(6)))
    assert sorted(each.number for each in made) == [1, 2, 3, 4, 5, 6]


async def test_a_switch_leaves_one_live_generation(library: Library) -> None:
    """The new generation is live, the one before it is the previous one, and back again."""
    one, two = await library.add_generation(RECIPE), await library.add_generation(RECIPE)
    assert (await library.make_live(one.name)).state is GenerationState.LIVE
    assert (await library.make_live(one.name)).state is GenerationState.LIVE
    assert (await library.make_live(two.name)).name == two.name
    states = [each.state for each in await library.generations()]
    assert states == [GenerationState.PREVIOUS, GenerationState.LIVE]
    await library.make_live(one.name)
    assert (await library.live_generation()) == replace(one, state=GenerationState.LIVE)
    with pytest.raises(NotFoundError):
        await library.make_live("rag-0009-00000000")


async def test_switches_at_once_leave_one_live_generation(library: Library) -> None:
    """However many callers switch at the same moment, exactly one generation is live."""
    made = [await library.add_generation(RECIPE) for _ in range(5)]
    await asyncio.gather(*(library.make_live(each.name) for each in made for _ in range(2)))
    states = [each.state for each in await library.generations()]
    assert states.count(GenerationState.LIVE) == 1
    assert states.count(GenerationState.PREVIOUS) == 4
