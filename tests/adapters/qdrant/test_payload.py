"""What lies in Qdrant is complete, documented, and told apart from what others keep there."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import QdrantSearchIndex
from rag.adapters.qdrant.points import label, rfc3339
from rag.domain.recipe import LexicalRecipe
from tests.support.points import direction, point, recipe

NAME = "rag-0001-aaaaaaaa"
EAST = direction(1.0)


async def test_the_payload_is_complete(index: QdrantSearchIndex, client: AsyncQdrantClient) -> None:
    """It holds every field of the chunk and its document, and what others filter by as they expect it."""
    plain = point(0, EAST, "the text", metadata={"team": "red"})
    chunk = replace(plain.chunk, page=3, section="A > B", embedded_text="Title — A > B\nthe text")
    await index.create(NAME, recipe())
    await index.upsert(NAME, [replace(plain, chunk=chunk, title="Title")])
    (record,) = await client.retrieve(NAME, [str(chunk.id)])
    assert record.payload == {
        "chunk_id": record.id,
        "document_id": str(chunk.document_id),
        "source": "guide.md",
        "title": "Title",
        "page": 3,
        "section": "A > B",
        "ordinal": 0,
        "start": 0,
        "end": 8,
        "token_count": 2,
        "text": "the text",
        "lead": "Title — A > B\n",
        "embedding_hash": chunk.embedding_hash,
        "generation": NAME,
        "dated": "2026-03-01T12:00:00+00:00",
        "metadata": {"team": "red"},
        "labels": ["team=red"],
    }


async def test_an_embedded_text_of_another_kind_is_kept(
    index: QdrantSearchIndex, client: AsyncQdrantClient
) -> None:
    """One that does not end with the text stands beside it as a whole."""
    plain = point(0, EAST, "the text")
    odd = replace(plain.chunk, embedded_text="not ending as it should ☃")
    await index.create(NAME, recipe())
    await index.upsert(NAME, [replace(plain, chunk=odd)])
    (record,) = await client.retrieve(NAME, [str(odd.id)])
    assert record.payload is not None
    assert (record.payload["text"], record.payload["embedded_text"]) == (odd.text, odd.embedded_text)
    assert "lead" not in record.payload


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
