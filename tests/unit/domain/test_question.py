"""What a question may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.question import (
    MAX_QUESTION_CHARACTERS,
    EmptyQuestionError,
    Filter,
    InvalidTopKError,
    Question,
    QuestionTooLongError,
    clean_question,
)


def test_a_question_at_the_limit_is_read_and_one_beyond_is_refused_with_both_numbers() -> None:
    """The refusal names the limit and the length."""
    assert len(Question.of("a" * MAX_QUESTION_CHARACTERS).text) == MAX_QUESTION_CHARACTERS
    with pytest.raises(
        QuestionTooLongError, match=r"Question too long: 2001 characters, the limit is 2000"
    ) as caught:
        Question.of("a" * (MAX_QUESTION_CHARACTERS + 1))
    assert (caught.value.length, caught.value.limit) == (2001, 2000)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00", "\ud800"])
def test_a_question_of_nothing_is_refused(text: str) -> None:
    """White space and control characters are nothing to answer."""
    with pytest.raises(EmptyQuestionError):
        Question.of(text)


@pytest.mark.parametrize("top_k", [0, 51, -1])
def test_a_number_of_passages_out_of_range_is_refused(top_k: int) -> None:
    """One to fifty passages can be asked for."""
    with pytest.raises(InvalidTopKError):
        Question.of("why", top_k=top_k)


@given(st.text(st.characters(), max_size=200))
def test_cleaning_twice_changes_nothing_and_the_result_can_be_stored(text: str) -> None:
    """A cleaned question encodes as UTF-8, holds no NUL, and is stable."""
    cleaned = clean_question(text)
    assert clean_question(cleaned) == cleaned
    assert "\x00" not in cleaned
    cleaned.encode()


def test_an_empty_filter_is_false() -> None:
    """Only a filter that narrows is true."""
    assert not Filter()
    assert Filter(sources=frozenset({"a.md"}))
    assert Filter(metadata=(("team", "search"),))
