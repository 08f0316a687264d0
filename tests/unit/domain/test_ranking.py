"""Fusing rankings."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.ranking import Candidate, FusedCandidate, Ranking, fuse
from rag.domain.recipe import FusionMethod, RankingRecipe

IDS = [UUID(int=number) for number in range(1, 9)]
BY_PLACES = RankingRecipe(fusion=FusionMethod.RECIPROCAL_RANK)


def scored(*scores: tuple[int, float]) -> tuple[Candidate, ...]:
    """Give candidates with their scores."""
    return tuple(Candidate(IDS[number], score) for number, score in scores)


def ranking(name: str, *positions: int) -> Ranking:
    """Rank the chunks of these numbers, best first."""
    return Ranking(name, scored(*((number, 1.0 - place / 10) for place, number in enumerate(positions))))


def order(candidates: tuple[FusedCandidate, ...]) -> list[int]:
    """Give the numbers of the candidates."""
    return [candidate.chunk_id.int - 1 for candidate in candidates]


def test_a_chunk_that_both_rankings_praise_comes_before_those_that_one_does() -> None:
    """Agreement beats a single first place."""
    dense = Ranking("dense", scored((0, 0.8), (1, 0.7), (3, 0.1)))
    bm25 = Ranking("bm25", scored((2, 9.0), (1, 8.0), (4, 1.0)))
    fused = fuse([dense, bm25], limit=3).candidates
    assert fused[0].chunk_id == IDS[1]
    assert fused[0].ranks == (("dense", 2), ("bm25", 2))


def test_the_score_is_a_weighted_sum_of_standardised_scores() -> None:
    """Two chunks stand one deviation above and below the mean, so the weights alone decide."""
    dense = Ranking("dense", scored((0, 0.8), (1, 0.6)))
    bm25 = Ranking("bm25", scored((1, 20.0), (0, 4.0)))
    fused = fuse([dense, bm25], limit=5, recipe=RankingRecipe(dense_weight=0.7))
    assert order(fused.candidates) == [0, 1]
    assert [candidate.score for candidate in fused.candidates] == [1.0, 0.0]
    assert fused.lead == 0.0  # of two, each is one deviation from their mean
    assert fused.candidates[0].raw_score("bm25") == 4.0
    assert fused.candidates[0].raw_score("other") is None


def test_a_lead_is_measured_in_deviations() -> None:
    """One chunk above nineteen equals stands far above them, and two such are level."""
    many = [Candidate(UUID(int=100 + number), 0.5) for number in range(19)]
    winner = Ranking("dense", (Candidate(IDS[0], 0.9), *many))
    assert fuse([winner], limit=5, recipe=RankingRecipe(dense_weight=1.0)).lead == pytest.approx(20 / 19**0.5)
    level = Ranking("dense", (Candidate(IDS[0], 0.9), Candidate(IDS[1], 0.9), *many))
    assert fuse([level], limit=5).lead == pytest.approx(0.0)


def test_what_one_ranking_found_is_scored_by_the_other_as_well() -> None:
    """A rare word's chunk counts with its own cosine, not as the last one that the vectors found."""
    dense = Ranking("dense", scored((0, 0.60), (1, 0.30), (3, 0.20)), beside=scored((2, 0.58)))
    bm25 = Ranking("bm25", scored((2, 9.0)))
    fused = fuse([dense, bm25], limit=5).candidates
    assert order(fused)[0] == 2
    assert fused[0].raw_score("dense") == 0.58
    assert fused[0].ranks == (("bm25", 1),)


def test_scores_beside_what_was_found_add_no_candidates() -> None:
    """What neither ranking found itself is not in the result."""
    found = Ranking("dense", scored((0, 0.6)), beside=scored((5, 0.9)))
    assert order(fuse([found], limit=5).candidates) == [0]


def test_places_alone_can_be_counted() -> None:
    """Then scores do not matter, and nothing is said of a lead."""
    dense = Ranking("dense", scored((0, 0.9), (1, 0.1)))
    bm25 = Ranking("bm25", scored((1, 5.0), (2, 4.9)))
    fused = fuse([dense, bm25], limit=5, recipe=BY_PLACES)
    assert order(fused.candidates) == [1, 0, 2]
    assert fused.lead == 0.0


def test_a_single_chunk_is_the_best() -> None:
    """With a single chunk there is no spread to scale by."""
    fused = fuse([Ranking("dense", scored((0, -0.2)))], limit=5)
    assert [candidate.score for candidate in fused.candidates] == [1.0]
    assert fused.lead == 0.0


def test_nothing_found_is_nothing_fused() -> None:
    """Empty rankings are fine."""
    assert fuse([Ranking("dense", ()), Ranking("bm25", ())], limit=3).candidates == ()


@pytest.mark.parametrize("recipe", [RankingRecipe(), BY_PLACES], ids=lambda one: one.fusion)
def test_ties_are_broken_by_id(recipe: RankingRecipe) -> None:
    """Two chunks of equal score always come in the same order."""
    one_way = fuse([ranking("dense", 5, 4), ranking("bm25", 4, 5)], limit=2, recipe=recipe)
    other_way = fuse([ranking("bm25", 4, 5), ranking("dense", 5, 4)], limit=2, recipe=recipe)
    assert order(one_way.candidates) == order(other_way.candidates) == [4, 5]


@given(
    st.permutations(range(8)),
    st.permutations(range(8)),
    st.integers(1, 8),
    st.sampled_from([RankingRecipe(), BY_PLACES]),
)
def test_fusion_keeps_each_chunk_once_in_descending_order(
    one: list[int], two: list[int], limit: int, recipe: RankingRecipe
) -> None:
    """Whatever the rankings are, the result has no repetition and falls in score."""
    fused = fuse([ranking("dense", *one), ranking("bm25", *two)], limit=limit, recipe=recipe).candidates
    assert len({candidate.chunk_id for candidate in fused}) == len(fused) == limit
    scores = [candidate.score for candidate in fused]
    assert scores == sorted(scores, reverse=True)
