"""Judging passages once more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.question import RerankMode
from rag.domain.ranking import Passage
from rag.domain.reranking import RERANK, SIMPLE_LEAD, rerank, wants_reranking
from tests.support.passages import passage

PASSAGES = [passage(f"Text {number}.", number=number, score=1 - number / 10) for number in range(1, 5)]


def order(passages: tuple[Passage, ...]) -> list[int]:
    """Give the numbers of the passages."""
    return [one.chunk.id.int for one in passages]


def test_a_reranker_moves_what_it_prefers_to_the_front() -> None:
    """Its own score stays with the passage."""
    first, *rest = rerank(PASSAGES, [0.1, 0.1, 0.9, 0.1], weight=0.5)
    assert first.chunk.id.int == 3
    assert first.candidate.raw_score(RERANK) == 0.9
    assert (first.candidate.score, rest[-1].candidate.score) == (1.0, 0.0)


def test_the_weight_decides_whom_to_believe() -> None:
    """With all of the say the reranker's order stands, with none the one before."""
    judged = [0.1, 0.2, 0.3, 0.4]
    assert order(rerank(PASSAGES, judged, weight=1.0)) == [4, 3, 2, 1]
    assert order(rerank(PASSAGES, judged, weight=0.0)) == [1, 2, 3, 4]


def test_what_was_not_judged_follows() -> None:
    """Passages behind those that a reranker read keep their order, and no score is made up for them."""
    reranked = rerank(PASSAGES, [0.1, 0.9], weight=1.0)
    assert order(reranked) == [2, 1, 3, 4]
    assert reranked[2].candidate.raw_score(RERANK) is None
    assert rerank(PASSAGES, [], weight=0.5) == tuple(PASSAGES)


@pytest.mark.parametrize(
    ("mode", "lead", "asked"),
    [
        (RerankMode.AUTO, SIMPLE_LEAD - 0.01, True),
        (RerankMode.AUTO, SIMPLE_LEAD, False),
        (RerankMode.ALWAYS, 9.0, True),
        (RerankMode.NEVER, 0.0, False),
    ],
)
def test_a_reranker_is_asked_where_it_pays(mode: RerankMode, lead: float, *, asked: bool) -> None:
    """A clear winner is left as it is, unless somebody says otherwise."""
    assert wants_reranking(mode, lead=lead) is asked


@given(st.lists(st.floats(-1, 1), max_size=4), st.floats(0, 1))
def test_no_passage_is_lost(judged: list[float], weight: float) -> None:
    """Whatever the reranker says, every passage is there once, and scores fall."""
    reranked = rerank(PASSAGES, judged, weight=weight)
    assert sorted(order(reranked)) == [1, 2, 3, 4]
    scores = [one.candidate.score for one in reranked]
    assert not judged or scores == sorted(scores, reverse=True)
