"""Fusing rankings."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rag.domain.ranking import Candidate, Ranking, fuse

IDS = [UUID(int=number) for number in range(1, 9)]


def ranking(name: str, *positions: int) -> Ranking:
    """Rank the chunks of these numbers, best first."""
    return Ranking(name, tuple(Candidate(IDS[p], 1.0 - i / 10) for i, p in enumerate(positions)))


def test_a_chunk_that_both_rankings_found_comes_before_those_that_one_found() -> None:
    """Agreement beats a single first place."""
    fused = fuse([ranking("dense", 0, 1), ranking("bm25", 2, 1)], limit=3)
    assert fused[0].chunk_id == IDS[1]
    assert fused[0].ranks == (("dense", 2), ("bm25", 2))


def test_the_score_is_the_sum_of_reciprocal_ranks() -> None:
    """The formula is 1 / (k + rank), summed."""
    (only,) = fuse([ranking("dense", 3), ranking("bm25", 3)], limit=5, k=60)
    assert only.score == 2 / 61
    assert only.raw_score("dense") == 1.0
    assert only.raw_score("other") is None


def test_ties_are_broken_by_id() -> None:
    """Two chunks of equal score always come in the same order."""
    one_way = fuse([ranking("dense", 5), ranking("bm25", 4)], limit=2)
    other_way = fuse([ranking("bm25", 4), ranking("dense", 5)], limit=2)
    assert [c.chunk_id for c in one_way] == [c.chunk_id for c in other_way] == [IDS[4], IDS[5]]


@given(st.permutations(range(8)), st.permutations(range(8)), st.integers(1, 8))
def test_fusion_keeps_each_chunk_once_in_descending_order(one: list[int], two: list[int], limit: int) -> None:
    """Whatever the rankings are, the result has no repetition and falls in score."""
    fused = fuse([ranking("dense", *one), ranking("bm25", *two)], limit=limit)
    assert len({c.chunk_id for c in fused}) == len(fused) == limit
    assert [c.score for c in fused] == sorted((c.score for c in fused), reverse=True)
