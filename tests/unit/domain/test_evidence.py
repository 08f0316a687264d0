"""Which passages are worth reading, and how they are joined."""

from hypothesis import given
from hypothesis import strategies as st

from rag.domain.evidence import best_cosine, joined, within_budget
from rag.domain.ranking import Passage
from tests.support.passages import passage

TEXT = (
    "A backup runs every night at two. It is kept for a year. Each one is restored once a week. Nobody waits."
)


def part(start: int, end: int, *, number: int, document: int = 1) -> Passage:
    """Cut a passage out of the text."""
    return passage(TEXT[start:end], number=number, start=start, document=document)


def test_the_nearest_passage_is_told_even_when_it_is_not_the_first() -> None:
    """The order is that of all scores; nearness looks at the cosine alone."""
    first, second = passage("first", number=1, cosine=None), passage("second", number=2, cosine=0.6)
    assert best_cosine([first, second]) == 0.6
    assert best_cosine([first]) is None


def test_the_budget_is_kept_but_the_best_passage_is_always_read() -> None:
    """A first passage above the budget is still read; later ones must fit."""
    big, small, tiny = (
        passage("big", number=1, tokens=900),
        passage("small", number=2, tokens=300),
        passage("tiny", number=3, tokens=90),
    )
    assert within_budget([big, small, tiny], budget_tokens=1000) == (big, tiny)
    assert within_budget([big], budget_tokens=10) == (big,)


def test_neighbours_are_read_as_one() -> None:
    """Chunks that overlap become one stretch of the document, wherever they stand in the order."""
    later, other, earlier = (
        part(20, 70, number=1),
        passage("Other.", number=2, document=2),
        part(0, 40, number=3),
    )
    first, second = joined([later, other, earlier])
    assert (first.text, first.start, first.passages) == (TEXT[:70], 0, (earlier, later))
    assert second.passages == (other,)


def test_what_lies_apart_stays_apart() -> None:
    """A gap of one character is a gap: nobody knows what stands in it."""
    assert len(joined([part(0, 33, number=1), part(34, 56, number=2)])) == 2
    assert len(joined([part(0, 33, number=1), part(33, 56, number=2)])) == 1


def test_a_sentence_belongs_to_the_passage_that_holds_it() -> None:
    """In what two passages share, the one that holds more of it is cited."""
    (evidence,) = joined([part(0, 40, number=1), part(20, 70, number=2)])
    assert evidence.passage_with(0, 33).chunk.id.int == 1
    assert evidence.passage_with(34, 56).chunk.id.int == 2


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=6))
def test_joined_text_is_the_documents_own(cuts: list[tuple[int, int]]) -> None:
    """However passages overlap, each evidence is a stretch of the text, and holds all of its passages."""
    passages = [
        part(start, min(start + size, len(TEXT)), number=n) for n, (start, size) in enumerate(cuts, 1)
    ]
    found = joined(passages)
    assert sorted(one.chunk.id.int for each in found for one in each.passages) == list(
        range(1, len(cuts) + 1)
    )
    for each in found:
        assert TEXT[each.start : each.start + len(each.text)] == each.text
        assert all(one.chunk.text in each.text for one in each.passages)
