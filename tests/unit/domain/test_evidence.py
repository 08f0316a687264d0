"""Which passages are enough to answer from."""

from rag.domain.evidence import best_cosine, select_evidence
from tests.support.passages import passage


def test_nothing_is_evidence_when_even_the_nearest_passage_is_too_far() -> None:
    """Below the floor we decline."""
    assert select_evidence([passage("far away", cosine=0.34)], floor=0.35) == ()
    assert select_evidence([], floor=0.0) == ()


def test_passages_that_only_words_found_are_not_enough_alone() -> None:
    """Without a cosine there is no measure of nearness, so we decline."""
    assert select_evidence([passage("words only", cosine=None)], floor=0.1) == ()


def test_the_nearest_passage_decides_even_when_it_is_not_the_first() -> None:
    """The order is the fused one; the floor looks at the best cosine."""
    first, second = passage("first", number=1, cosine=None), passage("second", number=2, cosine=0.6)
    assert best_cosine([first, second]) == 0.6
    assert select_evidence([first, second], floor=0.5) == (first, second)


def test_the_budget_is_kept_but_the_best_passage_is_always_read() -> None:
    """A first passage above the budget is still evidence; later ones must fit."""
    big, small, tiny = (
        passage("big", number=1, tokens=900),
        passage("small", number=2, tokens=300),
        passage("tiny", number=3, tokens=90),
    )
    assert select_evidence([big, small, tiny], budget_tokens=1000) == (big, tiny)
    assert select_evidence([big], budget_tokens=10) == (big,)


def test_the_same_text_is_read_once() -> None:
    """Copies of a document do not crowd out others."""
    one, copy = passage("the same", number=1), passage("the same", number=2)
    assert select_evidence([one, copy]) == (one,)
