"""Reading a question after those before it."""

import json
from pathlib import Path

import pytest

from rag.domain.follow_up import leans_on_earlier, stand_alone
from rag.domain.question import MAX_QUESTION_CHARACTERS

GOLDEN = [
    case
    for case in json.loads(
        (Path(__file__).parents[3] / "data" / "eval" / "golden_set.json").read_text(encoding="utf-8")
    )["cases"]
    if case["kind"] != "follow-up"
]


@pytest.mark.parametrize(
    "text",
    [
        "Where are backups of the database kept?",
        "How many days of leave do I have?",
        "notice period",
        "Is there a machine for coffee?",
        "Which team is IT part of?",
        "What does the flag that skips reranking do?",
        "Why is Qdrant slow?",
        "why do they call it the black box when every part of a plane has another name",
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


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: str(case["id"]))
def test_the_projects_own_questions_are_told_apart(case: dict[str, str]) -> None:
    """None that stands alone is read after another one."""
    assert not leans_on_earlier(case["question"])
