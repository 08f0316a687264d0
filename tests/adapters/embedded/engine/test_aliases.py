"""A switch of the live generation is one step for everybody who searches."""

import asyncio

from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import QdrantSearchIndex
from rag.domain.question import Filter
from rag.domain.recipe import LexicalRecipe
from tests.support.points import direction, point, recipe

EAST = direction(1.0)
NAMES = ("rag-0001-aaaaaaaa", "rag-0002-bbbbbbbb")


async def test_searches_see_the_old_or_the_new_one(client: AsyncQdrantClient) -> None:
    """Through a hundred switches no search finds neither, and none finds both."""
    index = QdrantSearchIndex(client, lexical=LexicalRecipe())
    for number, name in enumerate(NAMES):
        await index.create(name, recipe())
        await index.upsert(name, [point(number, EAST, "shared words")])
    await index.switch(NAMES[0])
    seen: list[set[int]] = []

    async def search_on() -> None:
        while True:
            rankings = await index.search("shared", EAST, limit=5, filter_by=Filter())
            found = {candidate.chunk_id.int - 1 for ranking in rankings for candidate in ranking.candidates}
            seen.append(found)

    searching = [asyncio.create_task(search_on()) for _ in range(4)]
    for turn in range(100):
        await index.switch(NAMES[turn % 2])
    for task in searching:
        assert not task.done()
        task.cancel()
    assert all(found in ({0}, {1}) for found in seen)
    assert {0} in seen
    assert {1} in seen
