"""Reading a question after those before it."""

import pytest

from rag.domain.follow_up import leans_on_earlier, stand_alone
from rag.domain.question import MAX_QUESTION_CHARACTERS


@pytest.mark.parametrize(
    "text",
    [
        "And on Fridays?",
        "How long does it take?",
        "Why?",
        "what about the second one",
        "Wie lange dauert das dort?",
    ],
)
def test_some_questions_lean_on_earlier_ones(text: str) -> None:
    """Pronouns, words that go on, and very short questions say so."""
    assert leans_on_earlier(text)


@pytest.mark.parametrize(
    "text",
    [
        "Where are backups of the database kept?",
        "How many days of leave do I have?",
        "who signs contracts here",
    ],
)
def test_others_stand_alone(text: str) -> None:
    """A question with a subject of its own is left as it is, whatever was asked before."""
    assert not leans_on_earlier(text)
    assert stand_alone(text, ["How long is lunch?"]) == text


def test_a_chain_is_followed_back_to_what_it_is_about() -> None:
    """The third question leans on the second one, which leans on the first."""
    whole = stand_alone("And then?", ["Where are backups kept?", "How long do they stay?"])
    assert whole == "Where are backups kept? How long do they stay? And then?"


def test_a_change_of_subject_ends_the_chain() -> None:
    """What was asked before a question that stands alone does not matter."""
    assert (
        stand_alone("Why?", ["How long is lunch?", "Where are backups kept?"])
        == "Where are backups kept? Why?"
    )


def test_a_first_question_has_nothing_to_lean_on() -> None:
    """It is asked as it is."""
    assert stand_alone("Why?", []) == "Why?"


def test_no_question_grows_beyond_its_limit() -> None:
    """Rather than that, it is asked alone."""
    assert stand_alone("Why?", ["x" * MAX_QUESTION_CHARACTERS]) == "Why?"
