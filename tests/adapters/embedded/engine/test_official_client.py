"""The official client works against the engine's process unchanged."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from qdrant_client import AsyncQdrantClient, models

NAME = "books"
DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def books(client: AsyncQdrantClient) -> AsyncQdrantClient:
    """A collection of ten points: number n points n/10 of the way from east to north."""
    await client.create_collection(
        NAME,
        vectors_config={"dense": models.VectorParams(size=2, distance=models.Distance.COSINE)},
        sparse_vectors_config={"words": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    points = [
        models.PointStruct(
            id=str(UUID(int=n)),
            vector={"dense": [10.0 - n, n], "words": models.SparseVector(indices=[n, 99], values=[1.0, 1.0])},
            payload={"n": n, "parity": "odd" if n % 2 else "even", "on": DAY.replace(day=1 + n).isoformat()},
        )
        for n in range(10)
    ]
    result = await client.upsert(NAME, points, wait=True)
    assert result.status == models.UpdateStatus.COMPLETED
    return client


def numbers(points: list[models.ScoredPoint] | list[models.Record]) -> list[int]:
    """Give the numbers of points, in their order."""
    return [UUID(str(point.id)).int for point in points]


async def test_a_collection_is_described(books: AsyncQdrantClient) -> None:
    """What was set up is told back, with the number of points."""
    found = await books.get_collection(NAME)
    assert found.status == models.CollectionStatus.GREEN
    assert found.points_count == 10
    assert found.config.params.vectors == {
        "dense": models.VectorParams(size=2, distance=models.Distance.COSINE)
    }
    assert [one.name for one in (await books.get_collections()).collections] == [NAME]
    assert await books.collection_exists(NAME)
    assert not await books.collection_exists("films")


async def test_points_are_read_back_whole(books: AsyncQdrantClient) -> None:
    """Payload and both kinds of vector come back as they were stored."""
    (record,) = await books.retrieve(NAME, [str(UUID(int=0))], with_payload=True, with_vectors=True)
    assert record.payload == {"n": 0, "parity": "even", "on": "2026-01-01T00:00:00+00:00"}
    words = models.SparseVector(indices=[0, 99], values=[1.0, 1.0])
    assert record.vector == {"dense": [1.0, 0.0], "words": words}


async def test_a_large_request_is_taken_whole(books: AsyncQdrantClient) -> None:
    """More points than the engine takes at once are written all the same."""
    await books.upsert(NAME, [models.PointStruct(id=n, vector={"dense": [1.0, n]}) for n in range(700)])
    assert (await books.count(NAME)).count == 710


async def test_scrolling_visits_every_point_once(books: AsyncQdrantClient) -> None:
    """Page by page, in order of id, to the end."""
    seen: list[int] = []
    offset = None
    while True:
        page, offset = await books.scroll(NAME, limit=3, offset=offset)
        seen += numbers(page)
        if offset is None:
            break
    assert seen == list(range(10))


async def test_a_query_honours_all_it_is_asked(books: AsyncQdrantClient) -> None:
    """Limit, offset, threshold, payload and vectors are as asked."""
    found = await books.query_points(NAME, [1.0, 0.0], using="dense", limit=3, offset=1)
    assert numbers(found.points) == [1, 2, 3]
    found = await books.query_points(NAME, [1.0, 0.0], using="dense", score_threshold=0.95)
    assert numbers(found.points) == [0, 1, 2]
    found = await books.query_points(
        NAME, [1.0, 0.0], using="dense", limit=1, with_payload=["n"], with_vectors=["dense"]
    )
    assert found.points[0].payload == {"n": 0}
    assert found.points[0].vector == {"dense": [1.0, 0.0]}


async def test_a_batch_answers_each_search(books: AsyncQdrantClient) -> None:
    """Dense and sparse searches come back in the order in which they were asked."""
    dense, words = await books.query_batch_points(
        NAME,
        [
            models.QueryRequest(query=[0.0, 1.0], using="dense", limit=2),
            models.QueryRequest(
                query=models.SparseVector(indices=[4, 99], values=[1.0, 1.0]), using="words", limit=1
            ),
        ],
    )
    assert numbers(dense.points) == [9, 8]
    assert numbers(words.points) == [4]


async def test_rankings_are_fused(books: AsyncQdrantClient) -> None:
    """Reciprocal rank fusion adds up both prefetched rankings."""
    found = await books.query_points(
        NAME,
        models.FusionQuery(fusion=models.Fusion.RRF),
        prefetch=[
            models.Prefetch(query=[1.0, 0.0], using="dense", limit=3),
            models.Prefetch(query=models.SparseVector(indices=[2], values=[1.0]), using="words", limit=3),
        ],
        limit=1,
    )
    assert numbers(found.points) == [2]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (models.FieldCondition(key="parity", match=models.MatchValue(value="odd")), [1, 3, 5, 7, 9]),
        (models.FieldCondition(key="n", match=models.MatchValue(value=4)), [4]),
        (models.FieldCondition(key="n", match=models.MatchAny(any=[4, 6, 66])), [4, 6]),
        (
            models.FieldCondition(key="n", match=models.MatchExcept(**{"except": [1, 2, 3, 4, 5, 6]})),
            [0, 7, 8, 9],
        ),
        (models.FieldCondition(key="n", range=models.Range(gt=2, lte=4)), [3, 4]),
        (models.FieldCondition(key="on", range=models.DatetimeRange(gte=DAY.replace(day=9))), [8, 9]),
        (models.HasIdCondition(has_id=[str(UUID(int=2)), str(UUID(int=22))]), [2]),
        (models.IsEmptyCondition(is_empty=models.PayloadField(key="missing")), list(range(10))),
        (
            models.Filter(must_not=[models.FieldCondition(key="n", range=models.Range(lt=8.5))]),
            [9],
        ),
        (
            models.Filter(
                should=[
                    models.FieldCondition(key="n", match=models.MatchValue(value=1)),
                    models.FieldCondition(key="n", match=models.MatchValue(value=7)),
                ]
            ),
            [1, 7],
        ),
    ],
)
async def test_conditions_narrow(
    books: AsyncQdrantClient, condition: models.Condition, expected: list[int]
) -> None:
    """Each condition narrows scrolling, counting and searching alike, before and after an index is made."""
    chosen = models.Filter(must=[condition])
    for _ in range(2):
        page, _ = await books.scroll(NAME, scroll_filter=chosen, limit=20)
        assert numbers(page) == expected
        assert (await books.count(NAME, count_filter=chosen)).count == len(expected)
        found = await books.query_points(NAME, [1.0, 0.0], using="dense", query_filter=chosen, limit=20)
        assert sorted(numbers(found.points)) == expected
        for field, kind in (("n", "integer"), ("parity", "keyword"), ("on", "datetime")):
            await books.create_payload_index(NAME, field, models.PayloadSchemaType(kind), wait=True)


async def test_points_are_deleted_by_id_and_by_filter(books: AsyncQdrantClient) -> None:
    """What was deleted is neither counted, nor read, nor found."""
    await books.delete(NAME, models.PointIdsList(points=[str(UUID(int=0)), str(UUID(int=50))]))
    odd = models.Filter(must=[models.FieldCondition(key="parity", match=models.MatchValue(value="odd"))])
    await books.delete(NAME, models.FilterSelector(filter=odd))
    assert (await books.count(NAME)).count == 4
    assert await books.retrieve(NAME, [str(UUID(int=0))]) == []
    found = await books.query_points(NAME, [1.0, 0.0], using="dense", limit=20)
    assert sorted(numbers(found.points)) == [2, 4, 6, 8]


async def test_an_index_is_listed_and_dropped(books: AsyncQdrantClient) -> None:
    """A payload index shows in the description until it is dropped."""
    await books.create_payload_index(NAME, "parity", models.PayloadSchemaType.KEYWORD, wait=True)
    assert (await books.get_collection(NAME)).payload_schema["parity"].data_type == "keyword"
    await books.delete_payload_index(NAME, "parity", wait=True)
    assert (await books.get_collection(NAME)).payload_schema == {}


async def test_aliases_are_made_moved_and_dropped(books: AsyncQdrantClient) -> None:
    """An alias stands for its collection everywhere, and goes with it."""
    made = models.CreateAlias(collection_name=NAME, alias_name="shelf")
    await books.update_collection_aliases([models.CreateAliasOperation(create_alias=made)])
    assert (await books.count("shelf")).count == 10
    renamed = models.RenameAlias(old_alias_name="shelf", new_alias_name="rack")
    await books.update_collection_aliases([models.RenameAliasOperation(rename_alias=renamed)])
    expected = [models.AliasDescription(alias_name="rack", collection_name=NAME)]
    assert (await books.get_aliases()).aliases == expected
    assert (await books.get_collection_aliases(NAME)).aliases == expected
    await books.delete_collection(NAME)
    assert (await books.get_aliases()).aliases == []
