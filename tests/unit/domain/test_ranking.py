"""Fusing rankings."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.ranking import Candidate, Ranking, fuse

IDS = [UUID(int=number) for number in range(1, 9)]


def ranking(name: str, *positions: int) -> Ranking:
    """Rank the chunks of these numbers, best first."""
    return Ranking(name, tuple(Candidate(IDS[p], 1.0 - i / 10) for i, p in enumerate(positions)))


def test_a_chunk_that_both_rankings_found_comes_before_those_that_one_found() -> None:
    """Agreement beats a single first place."""
    dense = Ranking("dense", tuple(Candidate(IDS[n], x) for n, x in ((0, 0.8), (1, 0.7), (3, 0.1))))
    bm25 = Ranking("bm25", tuple(Candidate(IDS[n], x) for n, x in ((2, 9.0), (1, 8.0), (4, 1.0))))
    fused = fuse([dense, bm25], limit=3)
    assert fused[0].chunk_id == IDS[1]
    assert fused[0].ranks == (("dense", 2), ("bm25", 2))


def test_the_score_is_a_weighted_sum_of_scaled_scores() -> None:
    """The best of a ranking counts 1 there, the last one 0, the others in between."""
    dense = Ranking("dense", tuple(Candidate(IDS[n], x) for n, x in ((0, 0.8), (1, 0.6), (2, 0.4))))
    bm25 = Ranking("bm25", tuple(Candidate(IDS[n], x) for n, x in ((1, 20.0), (2, 8.0), (0, 4.0))))
    fused = fuse([dense, bm25], limit=5, weights={"dense": 0.6, "bm25": 0.4})
    assert [c.chunk_id for c in fused] == [IDS[1], IDS[0], IDS[2]]
    assert [c.score for c in fused] == pytest.approx([0.6 * 0.5 + 0.4, 0.6, 0.4 * 0.25])
    assert fused[0].raw_score("bm25") == 20.0
    assert fused[0].raw_score("other") is None


def test_what_a_ranking_did_not_find_counts_there_as_its_last_one() -> None:
    """A list of fifty cannot tell more about the fifty-first."""
    dense = Ranking("dense", (Candidate(IDS[0], 0.8), Candidate(IDS[1], 0.6)))
    bm25 = Ranking("bm25", (Candidate(IDS[2], 10.0), Candidate(IDS[0], 5.0)))
    fused = fuse([dense, bm25], limit=5, weights={"dense": 0.6, "bm25": 0.4})
    assert [(c.chunk_id, c.score) for c in fused] == [(IDS[0], 0.6), (IDS[2], 0.4), (IDS[1], 0.0)]
    assert fused[2].ranks == (("dense", 2),)


def test_a_ranking_of_one_counts_fully() -> None:
    """With a single chunk there is no spread to scale by."""
    fused = fuse([Ranking("dense", (Candidate(IDS[0], -0.2),))], limit=5, weights={"dense": 0.6})
    assert [c.score for c in fused] == [0.6]


def test_nothing_found_is_nothing_fused() -> None:
    """Empty rankings are fine."""
    assert fuse([Ranking("dense", ()), Ranking("bm25", ())], limit=3) == ()


def test_ties_are_broken_by_id() -> None:
    """Two chunks of equal score always come in the same order."""
    even = {"dense": 0.5, "bm25": 0.5}
    one_way = fuse([ranking("dense", 5, 4), ranking("bm25", 4, 5)], limit=2, weights=even)
    other_way = fuse([ranking("bm25", 4, 5), ranking("dense", 5, 4)], limit=2, weights=even)
    assert [c.chunk_id for c in one_way] == [c.chunk_id for c in other_way] == [IDS[4], IDS[5]]


@given(st.permutations(range(8)), st.permutations(range(8)), st.integers(1, 8))
def test_fusion_keeps_each_chunk_once_in_descending_order(one: list[int], two: list[int], limit: int) -> None:
    """Whatever the rankings are, the result has no repetition and falls in score."""
    fused = fuse([ranking("dense", *one), ranking("bm25", *two)], limit=limit)
    assert len({c.chunk_id for c in fused}) == len(fused) == limit
    assert [c.score for c in fused] == sorted((c.score for c in fused), reverse=True)
