"""Telling what says the same again."""

from rag.domain.repetition import distinct
from tests.support.passages import passage

LONG = (
    "A backup of the database runs every night at two, and each one is restored once a week "
    "to see that it works."
)


def test_a_copy_is_left_out() -> None:
    """Another layout or case does not make it another text."""
    one, copy = passage(LONG, number=1), passage(LONG.upper().replace(" ", "\n"), number=2)
    assert distinct([one, copy], limit=9) == (one,)


def test_another_version_of_a_text_is_left_out() -> None:
    """One word of twenty is another, and the better ranked version stays."""
    newer, older = passage(LONG, number=1), passage(LONG.replace("two", "three"), number=2)
    assert distinct([newer, older], limit=9) == (newer,)


def test_a_part_of_a_text_is_left_out_after_it() -> None:
    """A short passage that a longer one holds says nothing new; the longer one after it does."""
    whole, part = passage(LONG, number=1), passage(LONG[:60], number=2)
    assert distinct([whole, part], limit=9) == (whole,)
    assert distinct([part, whole], limit=9) == (part, whole)


def test_signs_alone_are_no_repetition() -> None:
    """Nobody can tell what a text without words says."""
    one, other = passage("| -- |", number=1), passage("=====", number=2)
    assert distinct([one, other], limit=9) == (one, other)


def test_neighbours_that_overlap_are_kept() -> None:
    """A third of the words in common is an overlap, no repetition."""
    words = LONG.split()
    one, next_one = passage(" ".join(words[:12]), number=1), passage(" ".join(words[8:]), number=2)
    assert distinct([one, next_one], limit=9) == (one, next_one)


def test_short_texts_are_told_apart() -> None:
    """Two words have no run of three, and still are what they are."""
    yes, no, again = passage("Yes.", number=1), passage("No.", number=2), passage("yes", number=3)
    assert distinct([yes, no, again], limit=9) == (yes, no)


def test_no_more_are_given_than_are_asked_for() -> None:
    """A repetition takes no place."""
    one, copy, other = passage("Yes.", number=1), passage("yes", number=2), passage("No.", number=3)
    assert distinct([one, copy, other], limit=2) == (one, other)
    assert distinct([one, copy, other], limit=1) == (one,)
