"""The index alone can show passages, when PostgreSQL is away."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import QdrantSearchIndex
from rag.adapters.qdrant.points import label, rfc3339
from rag.domain.ranking import FusedCandidate
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import IndexMissingError
from tests.support.points import direction, point, recipe

NAME = "rag-0001-aaaaaaaa"
EAST = direction(1.0)


def candidate(number: int) -> FusedCandidate:
    """Make a candidate for the point of this number."""
    return FusedCandidate(UUID(int=number + 1), score=0.5, ranks=(("dense", 1),), scores=(("dense", 0.9),))


async def test_a_passage_comes_back_whole(index: QdrantSearchIndex) -> None:
    """Every field of the chunk and its place is as it was stored."""
    plain = point(0, EAST, "the text")
    chunk = replace(
        plain.chunk, page=3, section="A > B", embedded_text="Title — A > B\nthe text", text="the text"
    )
    odd = replace(point(1, EAST, "other").chunk, embedded_text="not ending as it should ☃")
    await index.create(NAME, recipe())
    await index.upsert(NAME, [replace(plain, chunk=chunk, title="Title"), replace(plain, chunk=odd)])
    await index.switch(NAME)
    found = await index.passages([candidate(1), candidate(5), candidate(0)])
    assert [passage.chunk for passage in found] == [odd, chunk]
    assert (found[1].source, found[1].title, found[1].generation) == ("guide.md", "Title", NAME)
    assert found[1].candidate == candidate(0)


async def test_without_a_live_index_there_are_none(index: QdrantSearchIndex) -> None:
    """Before the first ingest the error is the port's."""
    with pytest.raises(IndexMissingError):
        await index.passages([candidate(0)])


async def test_the_payload_is_as_documented(index: QdrantSearchIndex, client: AsyncQdrantClient) -> None:
    """Others find what they filter by: the metadata as a map, the date in RFC 3339."""
    await index.create(NAME, recipe())
    await index.upsert(NAME, [point(0, EAST, metadata={"team": "red"})])
    ((record,), _) = await client.scroll(NAME)
    assert record.payload is not None
    assert record.payload["metadata"] == {"team": "red"}
    assert record.payload["dated"] == "2026-03-01T12:00:00+00:00"
    assert record.payload["chunk_id"] == record.id
    assert record.payload["generation"] == NAME


async def test_other_peoples_collections_are_left_out(
    index: QdrantSearchIndex, client: AsyncQdrantClient
) -> None:
    """A shared server's other collections are no generations."""
    await index.create(NAME, recipe())
    await index.create("rag-cache", recipe())
    await index.create("books", recipe())
    assert await index.generations() == (NAME,)
    assert len((await client.get_collections()).collections) == 3


async def test_a_generations_own_word_counting_is_used(client: AsyncQdrantClient) -> None:
    """Texts are counted as the generation's recipe says, whatever the index was made with."""
    index = QdrantSearchIndex(client, lexical=LexicalRecipe(k1=9.0))
    await index.create(NAME, recipe())
    await index.upsert(NAME, [point(0, EAST, "gold")])
    (record,) = await client.retrieve(NAME, [str(UUID(int=1))], with_vectors=["bm25"])
    assert isinstance(record.vector, dict)
    assert getattr(record.vector["bm25"], "values")[0] < 2  # noqa: B009 - a pydantic union


@given(key=st.text(), other=st.text(), value=st.text(), another=st.text())
def test_a_label_stands_for_one_field_and_value(key: str, other: str, value: str, another: str) -> None:
    """Two metadata fields share a label only when both their names and their values are the same."""
    assert (label(key, value) == label(other, another)) == ((key, value) == (other, another))


def test_a_moment_without_a_zone_is_utc() -> None:
    """A date from a file that names no zone is neither refused nor moved."""
    assert rfc3339(datetime(2026, 1, 2)) == "2026-01-02T00:00:00+00:00"  # noqa: DTZ001 - that is the case
