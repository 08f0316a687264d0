"""Dense search agrees with comparing every vector, whatever the filter."""

from collections.abc import AsyncIterator
from datetime import timedelta

import numpy as np
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.adapters.qdrant import QdrantSearchIndex, connect
from rag.domain.question import Filter
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import Point
from tests.support.points import DATED, document_id, point, random_directions, recipe

NAME = "rag-0001-aaaaaaaa"
DIMENSION, NUMBER = 48, 3000
VECTORS = random_directions(NUMBER, dimension=DIMENSION)
SOURCES = [f"{name}.md" for name in "abcdefgh"]


def described(number: int) -> Point:
    """Make a point whose fields follow from its number."""
    return point(
        number,
        VECTORS[number],
        f"word{number % 50} common",
        source=SOURCES[number % 8],
        dated=DATED + timedelta(days=number % 30),
        metadata={"team": "red" if number % 3 else "blue", "level": str(number % 5)},
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(engine_url: str) -> AsyncIterator[tuple[QdrantSearchIndex, InMemorySearchIndex]]:
    """The same points in Qdrant and in memory."""
    client = connect(engine_url)
    found, compared = QdrantSearchIndex(client, lexical=LexicalRecipe()), InMemorySearchIndex()
    await client.delete_collection(NAME)
    for index in (found, compared):
        await index.create(NAME, recipe(dimension=DIMENSION))
        await index.upsert(NAME, [described(number) for number in range(NUMBER)])
        await index.switch(NAME)
    yield found, compared
    await client.close()


days = st.one_of(st.none(), st.integers(-1, 31).map(lambda day: DATED + timedelta(days=day)))
filters = st.builds(
    Filter,
    sources=st.frozensets(st.sampled_from([*SOURCES, "nowhere.md"]), max_size=3),
    document_ids=st.frozensets(st.sampled_from([document_id(source) for source in SOURCES]), max_size=4),
    dated_from=days,
    dated_before=days,
    metadata=st.lists(
        st.sampled_from([("team", "red"), ("team", "blue"), ("level", "1"), ("level", "9"), ("none", "x")]),
        max_size=2,
        unique=True,
    ).map(tuple),
)


@pytest.mark.asyncio(loop_scope="module")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(narrowed=filters, question=st.integers(0, NUMBER - 1), limit=st.integers(1, 60))
async def test_searches_agree_with_comparing_everything(
    both: tuple[QdrantSearchIndex, InMemorySearchIndex], narrowed: Filter, question: int, limit: int
) -> None:
    """The same candidates with the same cosines come back as from a plain comparison of all vectors."""
    found, compared = both
    vector = random_directions(1, dimension=DIMENSION, seed=question)[0]
    (dense, _), (wanted, _) = [
        await index.search("", vector, limit=limit, filter_by=narrowed) for index in (found, compared)
    ]
    assert [one.chunk_id for one in dense.candidates] == [one.chunk_id for one in wanted.candidates]
    assert [one.score for one in dense.candidates] == pytest.approx(
        [one.score for one in wanted.candidates], abs=1e-5
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_every_ranking_of_a_scan_is_exact(
    both: tuple[QdrantSearchIndex, InMemorySearchIndex],
) -> None:
    """Below the threshold a search is the full order of all cosines, not nearly so."""
    for question in random_directions(20, dimension=DIMENSION, seed=9):
        dense, _ = await both[0].search("", question, limit=100, filter_by=Filter())
        expected = np.argsort(-(VECTORS @ question), kind="stable")[:100]
        assert [one.chunk_id.int - 1 for one in dense.candidates] == expected.tolist()
