"""Points travel in requests that a server takes, and one that fits in none is refused by its source."""

import orjson
import pytest

from rag.adapters.qdrant import QdrantSearchIndex
from rag.adapters.qdrant.points import BATCH_POINTS, BODY_BYTES, MOST_BODY_BYTES, upsert_bodies
from rag.adapters.qdrant.words import WordCounter
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import Point, PointRefusedError
from tests.support.points import direction, point, points_with, random_directions, recipe

NAME = "rag-0001-aaaaaaaa"
EAST = direction(1.0)
MIB = 1 << 20
WORDS = WordCounter(LexicalRecipe())


def of_size(number: int, mebibytes: float) -> Point:
    """Make a point whose text has that many mebibytes, but few words."""
    return point(number, EAST, "gold".ljust(int(mebibytes * MIB)), source=f"{number}.md")


def numbers(body: bytes) -> list[int]:
    """Give the numbers of the points in a body."""
    return [one["payload"]["ordinal"] for one in orjson.loads(body)["points"]]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([0.1], [[0]]),
        ([3, 3, 3, 3, 3], [[0, 1], [2, 3], [4]]),
        ([0.1, 9, 0.1, 0.1], [[0], [1], [2, 3]]),
        ([9, 9], [[0], [1]]),
    ],
)
def test_bodies_are_cut_by_bytes(sizes: list[float], expected: list[list[int]]) -> None:
    """No body is longer than the limit but one of a single point, and the order stays."""
    points = [of_size(number, size) for number, size in enumerate(sizes)]
    bodies = list(upsert_bodies(points, generation=NAME, words=WORDS))
    assert [numbers(body) for body in bodies] == expected
    assert all(len(body) <= BODY_BYTES or len(numbers(body)) == 1 for body in bodies)


def test_bodies_are_cut_to_the_byte() -> None:
    """Two points that fill a body exactly share it, and one byte more parts them."""
    small, guess = of_size(0, 0.1), 7 * MIB
    (body,) = upsert_bodies([small, point(1, EAST, " " * guess)], generation=NAME, words=WORDS)
    fitting = guess + BODY_BYTES - len(body)
    for length, parts in ((fitting, 1), (fitting + 1, 2)):
        points = [small, point(1, EAST, " " * length)]
        assert len(list(upsert_bodies(points, generation=NAME, words=WORDS))) == parts


def test_bodies_are_cut_by_points() -> None:
    """Small points go together, up to a number."""
    points = points_with(random_directions(2 * BATCH_POINTS + 1))
    bodies = list(upsert_bodies(points, generation=NAME, words=WORDS))
    assert [len(numbers(body)) for body in bodies] == [BATCH_POINTS, BATCH_POINTS, 1]


async def test_a_large_point_is_stored(index: QdrantSearchIndex) -> None:
    """A point that is longer than a body should be, but not than a server takes, is sent by itself."""
    await index.create(NAME, recipe())
    await index.upsert(NAME, [of_size(0, 0.1), of_size(1, MOST_BODY_BYTES / MIB - 1), of_size(2, 0.1)])
    assert await index.count(NAME) == 3


async def test_a_point_too_large_for_any_server_is_no_outage(index: QdrantSearchIndex) -> None:
    """The error names its source and is not one to wait for, and the index goes on."""
    await index.create(NAME, recipe())
    with pytest.raises(PointRefusedError, match=r"7\.md"):
        await index.upsert(NAME, [of_size(7, MOST_BODY_BYTES / MIB)])
    await index.upsert(NAME, [of_size(8, 0.1)])
    assert await index.count(NAME) == 1
