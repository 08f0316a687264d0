"""What must every index do, whatever stands behind it?"""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import pytest

from rag.domain.errors import InvalidInputError
from rag.domain.question import Filter
from rag.domain.ranking import Ranking
from rag.ports.search import IndexMismatchError, IndexMissingError, Point, Retriever, SearchIndex
from tests.support.points import (
    DATED,
    direction,
    document_id,
    point,
    points_with,
    random_directions,
    recipe,
)

OLD, NEW, NOWHERE = "rag-0001-aaaaaaaa", "rag-0002-bbbbbbbb", "rag-0009-eeeeeeee"
EAST = direction(1.0)
ENOUGH_FOR_A_GRAPH = 20_100


class Index(SearchIndex, Retriever, Protocol):
    """Both ports of search."""


async def live_with(index: Index, *points: Point, generation: str = OLD) -> None:
    """Make a live generation that holds `points`."""
    await index.create(generation, recipe())
    await index.upsert(generation, points)
    await index.switch(generation)


def numbers(ranking: Ranking) -> list[int]:
    """Give the numbers of the points that a ranking holds, in its order."""
    return [candidate.chunk_id.int - 1 for candidate in ranking.candidates]


class LifeContract:
    """The life of generations; a subclass module gives the fixture `index`."""

    async def test_nothing_is_live_at_first(self, index: Index) -> None:
        """A fresh index has no generation, and a search says so."""
        assert await index.live() is None
        assert await index.generations() == ()
        with pytest.raises(IndexMissingError):
            await index.search("word", EAST, limit=3, filter_by=Filter())

    async def test_making_a_generation_twice_changes_nothing(self, index: Index) -> None:
        """What it holds stays when it is made again with its own recipe."""
        await live_with(index, point(0, EAST))
        await index.create(OLD, recipe())
        assert await index.count(OLD) == 1

    async def test_another_dimension_is_refused(self, index: Index) -> None:
        """A generation is not taken over by a model with longer vectors."""
        await index.create(OLD, recipe())
        with pytest.raises(IndexMismatchError):
            await index.create(OLD, recipe(dimension=16))

    async def test_another_recipe_is_refused(self, index: Index) -> None:
        """A generation is not filled up by another recipe with vectors of the same length."""
        await index.create(OLD, recipe())
        with pytest.raises(IndexMismatchError):
            await index.create(OLD, recipe(size_tokens=100))

    async def test_every_id_is_given_once(self, index: Index) -> None:
        """However many pages that takes; a generation that is not there has none to give."""
        await index.create(OLD, recipe())
        await index.upsert(OLD, [point(number, EAST) for number in range(2100)])
        given = [one async for page in index.chunk_ids(OLD) for one in page]
        assert sorted(one.int - 1 for one in given) == list(range(2100))
        with pytest.raises(IndexMissingError):
            await anext(aiter(index.chunk_ids(NOWHERE)))

    async def test_points_are_replaced_by_id(self, index: Index) -> None:
        """The same chunk again stands once, with its new words and vector."""
        await live_with(index, point(0, EAST, "former"), point(1, EAST, "other"))
        await index.upsert(OLD, [point(0, direction(0.0, 1.0), "present")])
        dense, words = await index.search("former", EAST, limit=5, filter_by=Filter())
        assert await index.count(OLD) == 2
        assert numbers(dense) == [1, 0]
        assert numbers(words) == []

    async def test_many_points_at_once(self, index: Index) -> None:
        """One call takes more points than one request would."""
        await index.create(OLD, recipe())
        await index.upsert(OLD, points_with(random_directions(600)))
        assert await index.count(OLD) == 600

    async def test_large_texts_at_once(self, index: Index) -> None:
        """One call takes longer texts than one request could."""
        await index.create(OLD, recipe())
        await index.upsert(OLD, [point(n, EAST, "gold".ljust(3 << 20)) for n in range(12)])
        assert await index.count(OLD) == 12

    async def test_removed_points_are_gone(self, index: Index) -> None:
        """After a removal no way leads to the point, and ids that were never there do no harm."""
        await live_with(index, point(0, EAST, "kept"), point(1, EAST, "gone"))
        await index.remove(OLD, [UUID(int=2), UUID(int=77)])
        dense, words = await index.search("gone", EAST, limit=5, filter_by=Filter())
        assert await index.present(OLD, [UUID(int=1), UUID(int=2)]) == {UUID(int=1)}
        assert numbers(dense) == [0]
        assert numbers(words) == []

    async def test_a_generation_that_is_gone_holds_nothing(self, index: Index) -> None:
        """Removals that come late find their work done."""
        await index.remove(NOWHERE, [UUID(int=1)])
        assert await index.present(NOWHERE, [UUID(int=1)]) == frozenset()

    @pytest.mark.parametrize(
        "use",
        [
            lambda index: index.upsert(NOWHERE, [point(0, EAST)]),
            lambda index: index.flush(NOWHERE),
            lambda index: index.count(NOWHERE),
            lambda index: index.switch(NOWHERE),
            lambda index: index.optimize(NOWHERE),
        ],
        ids=["upsert", "flush", "count", "switch", "optimize"],
    )
    async def test_a_missing_generation_is_named(
        self, index: Index, use: Callable[[Index], Awaitable[object]]
    ) -> None:
        """Working on a generation that does not exist fails, and says which."""
        with pytest.raises(IndexMissingError, match=NOWHERE):
            await use(index)

    async def test_a_switch_changes_what_is_searched(self, index: Index) -> None:
        """Searches see the generation that is live, and the one before stays for going back."""
        await live_with(index, point(0, EAST))
        await live_with(index, point(1, EAST), generation=NEW)
        dense, _ = await index.search("word", EAST, limit=5, filter_by=Filter())
        assert (await index.live(), numbers(dense)) == (NEW, [1])
        await index.switch(OLD)
        dense, _ = await index.search("word", EAST, limit=5, filter_by=Filter())
        assert (await index.live(), numbers(dense)) == (OLD, [0])

    async def test_a_kept_generation_can_be_searched_beside_the_live_one(self, index: Index) -> None:
        """A generation that is named is searched whatever is live; one that is gone is missed by its name."""
        await live_with(index, point(0, EAST, "word"))
        await live_with(index, point(1, EAST, "word"), generation=NEW)
        for generation, expected in ((OLD, [0]), (NEW, [1]), (None, [1])):
            found = await index.search("word", EAST, limit=5, filter_by=Filter(), generation=generation)
            assert [numbers(ranking) for ranking in found] == [expected, expected]
        with pytest.raises(IndexMissingError, match=NOWHERE):
            await index.search("word", EAST, limit=5, filter_by=Filter(), generation=NOWHERE)

    async def test_only_what_is_not_live_can_be_retired(self, index: Index) -> None:
        """The live generation stays; another one goes, and may go twice."""
        await live_with(index, point(0, EAST))
        await live_with(index, point(1, EAST), generation=NEW)
        with pytest.raises(InvalidInputError, match=NEW):
            await index.retire(NEW)
        assert await index.generations() == (OLD, NEW)
        await index.retire(OLD)
        await index.retire(OLD)
        assert await index.generations() == (NEW,)

    async def test_flushing_and_optimizing_lose_nothing(self, index: Index) -> None:
        """Upkeep changes neither what is there nor what is found."""
        await live_with(index, *points_with(random_directions(50)))
        before = await index.search("word7", EAST, limit=10, filter_by=Filter())
        await index.flush(OLD)
        await index.optimize(OLD)
        assert await index.count(OLD) == 50
        assert await index.search("word7", EAST, limit=10, filter_by=Filter()) == before

    async def test_optimizing_is_quick_and_can_be_repeated(self, index: Index) -> None:
        """With enough points for a graph, calls return while it is built, and all is found meanwhile."""
        vectors = random_directions(ENOUGH_FOR_A_GRAPH)
        await live_with(index, *points_with(vectors))
        began = time.monotonic()
        for _ in range(3):
            await index.optimize(OLD)
        assert time.monotonic() - began < 2.0
        dense, words = await index.search("word77", vectors[77], limit=1, filter_by=Filter())
        assert (numbers(dense), numbers(words)) == ([77], [77])
        await index.optimize(OLD)
        assert await index.count(OLD) == ENOUGH_FOR_A_GRAPH


class SearchContract:
    """What a search finds; a subclass module gives the fixture `index`."""

    async def test_dense_ranks_by_cosine(self, index: Index) -> None:
        """The nearest direction comes first, and its score is the cosine, whatever the length."""
        slanted = direction(0.6, 0.8)
        await live_with(index, point(0, -EAST), point(1, slanted), point(2, EAST), point(3, 2 * slanted))
        dense, _ = await index.search("x", EAST, limit=4, filter_by=Filter())
        assert dense.name == "dense"
        assert numbers(dense) == [2, 1, 3, 0]
        assert [found.score for found in dense.candidates] == pytest.approx([1.0, 0.6, 0.6, -1.0], abs=1e-6)

    async def test_words_rank_by_rarity_and_density(self, index: Index) -> None:
        """A rare word outweighs a common one, and a short text a long one."""
        texts = ["common rare", "common common other", "common", "rare but with very many further words"]
        await live_with(index, *(point(n, EAST, text) for n, text in enumerate(texts)), point(9, EAST))
        _, words = await index.search("rare", EAST, limit=9, filter_by=Filter())
        assert words.name == "bm25"
        assert numbers(words) == [0, 3]
        _, words = await index.search("common rare", EAST, limit=9, filter_by=Filter())
        assert numbers(words)[0] == 0
        assert all(found.score > 0 for found in words.candidates)

    async def test_words_that_stand_nowhere_find_nothing(self, index: Index) -> None:
        """Without a common word the second ranking is empty, and the first is not."""
        await live_with(index, point(0, EAST, "something"))
        for text in ("zyzzyva", "the and of", "?!"):
            dense, words = await index.search(text, EAST, limit=3, filter_by=Filter())
            assert (numbers(dense), numbers(words)) == ([0], [])

    async def test_equals_stand_in_order_of_id(self, index: Index) -> None:
        """Among many equal chunks the ones with the smallest ids are given, every time."""
        await live_with(index, *(point(n, EAST, "shared words") for n in reversed(range(300))))
        for ranking in await index.search("shared", EAST, limit=7, filter_by=Filter()):
            assert numbers(ranking) == list(range(7))

    async def test_each_ranking_scores_what_the_other_one_found(self, index: Index) -> None:
        """A rare word's chunk gets its cosine though it is far, and a near one gets what its words count."""
        near = [point(number, direction(1.0, number / 100), "plain words") for number in range(3)]
        await live_with(index, *near, point(9, direction(1.0, 3.0), "rare plain"))
        dense, bm25 = await index.search("rare plain", EAST, limit=2, filter_by=Filter())
        assert (numbers(dense), numbers(bm25)) == ([0, 1], [9, 0])
        (far,) = dense.beside
        assert far.chunk_id.int - 1 == 9
        assert far.score == pytest.approx(10**-0.5, abs=1e-4)
        few = {one.chunk_id.int - 1: one.score for one in bm25.beside}
        assert few[1] == pytest.approx(bm25.candidates[1].score, rel=1e-4)  # the very words of the first one

    async def test_what_holds_none_of_the_words_gets_no_score(self, index: Index) -> None:
        """Nothing is made up for it."""
        await live_with(index, point(0, EAST, "plain words"), point(1, direction(1.0, 1.0), "rare"))
        dense, bm25 = await index.search("rare", EAST, limit=1, filter_by=Filter())
        assert (numbers(dense), numbers(bm25)) == ([0], [1])
        assert [one.chunk_id.int - 1 for one in dense.beside] == [1]
        assert bm25.beside == ()

    async def test_rankings_keep_their_limit(self, index: Index) -> None:
        """No ranking is longer than asked for."""
        await live_with(index, *(point(n, EAST, "shared") for n in range(20)))
        for ranking in await index.search("shared", EAST, limit=4, filter_by=Filter()):
            assert len(ranking.candidates) == 4

    @pytest.mark.parametrize(
        ("narrowed", "expected"),
        [
            (Filter(), [0, 1, 2, 3]),
            (Filter(sources=frozenset({"b.md", "d.md"})), [1, 3]),
            (Filter(sources=frozenset({"nowhere.md"})), []),
            (Filter(document_ids=frozenset({document_id("a.md"), document_id("c.md")})), [0, 2]),
            (Filter(dated_from=DATED + timedelta(days=2)), [2, 3]),
            (Filter(dated_before=DATED + timedelta(days=2)), [0, 1]),
            (Filter(dated_from=DATED + timedelta(days=1), dated_before=DATED + timedelta(days=2)), [1]),
            (Filter(metadata=(("team", "red"),)), [0, 2]),
            (Filter(metadata=(("team", "red"), ("a.b=c", "2"))), [2]),
            (Filter(metadata=(("team=red", ""),)), []),
            (Filter(sources=frozenset({"a.md"}), metadata=(("team", "blue"),)), []),
        ],
    )
    async def test_filters_narrow_both_rankings(
        self, index: Index, narrowed: Filter, expected: list[int]
    ) -> None:
        """Every condition that is given must hold, by vector and by words."""
        await live_with(
            index,
            *(
                point(
                    n,
                    EAST,
                    "shared words",
                    source=f"{'abcd'[n]}.md",
                    dated=DATED + timedelta(days=n),
                    metadata={"team": "blue" if n % 2 else "red", "a.b=c": str(n)},
                )
                for n in range(4)
            ),
        )
        dense, words = await index.search("shared", EAST, limit=9, filter_by=narrowed)
        assert (numbers(dense), numbers(words)) == (expected, expected)

    async def test_a_vector_that_does_not_fit_is_refused(self, index: Index) -> None:
        """A vector of another length is neither stored, nor anything that came with it, nor searched for."""
        await live_with(index, point(0, EAST))
        long = direction(1.0, dimension=9)
        with pytest.raises(IndexMismatchError):
            await index.upsert(OLD, [point(1, EAST), point(2, long)])
        with pytest.raises(IndexMismatchError):
            await index.search("word", long, limit=3, filter_by=Filter())
        assert await index.count(OLD) == 1
