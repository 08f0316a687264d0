"""The words that come nearest to those that are gone."""

from hypothesis import given
from hypothesis import strategies as st

from rag.domain.nearest_text import nearest_text

TEXT = (
    "The default chunk has at most 200 tokens. It overlaps its neighbour by 30 tokens. Nothing else counts."
)
words = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=12).map(" ".join)


def test_a_changed_number_is_found() -> None:
    """What was rewritten a little is shown as it stands now."""
    assert nearest_text("It overlaps its neighbour by 20 tokens.", TEXT) == (
        "It overlaps its neighbour by 30 tokens."
    )


def test_a_text_without_most_of_the_words_has_none() -> None:
    """A stretch that shares only every third word would mislead."""
    assert nearest_text("its tokens were stolen by somebody in the night", TEXT) is None
    assert nearest_text("", TEXT) is None
    assert nearest_text("anything", "") is None


@given(words, words, words)
def test_words_that_stand_there_are_found(before: str, quote: str, after: str) -> None:
    """A quote that is there is nearest to itself, as a bag of words."""
    found = nearest_text(quote, f"{before} {quote} {after}")
    assert found is not None
    assert sorted(found.split()) == sorted(quote.split())
