"""Are sentences found where a reader sees them, and quickly on any text?"""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.adapters.sentences import SyntokSentenceSplitter

SPLITTER = SyntokSentenceSplitter()


def split(text: str) -> list[str]:
    """Give the sentences themselves."""
    return [text[start:end] for start, end in SPLITTER.sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It works. Does it? Yes!", ["It works.", "Does it?", "Yes!"]),
        ("Dr. Smith paid on Jan. 5 for it. He left.", ["Dr. Smith paid on Jan. 5 for it.", "He left."]),
        (
            "Version 3.40.1 is out. It is at www.example.org.",
            ["Version 3.40.1 is out.", "It is at www.example.org."],
        ),
        ("A heading\nThe text under it\n\n- an item", ["A heading", "The text under it", "- an item"]),
        ("今日は。元気\uff1f「はい。」彼は言った", ["今日は。", "元気\uff1f", "「はい。」", "彼は言った"]),
        ("यह है। वह था।", ["यह है।", "वह था।"]),
        ("ภาษาไทย ไม่มีจุด", ["ภาษาไทย ไม่มีจุด"]),
        ("  spaces around.  ", ["spaces around."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_are_found(text: str, sentences: list[str]) -> None:
    """Abbreviations, numbers, addresses, line ends and other scripts are understood."""
    assert split(text) == sentences


@given(
    st.lists(
        st.sampled_from(
            ["Word", " a.", ". ", "! ", "?", "\n", "Dr. ", "3.5", "don't", "。", "(", ")", '"', "-_-"]
        ),
        max_size=60,
    ).map("".join)
    | st.text(max_size=80)
)
def test_spans_are_in_order_and_leave_out_white_space_only(text: str) -> None:
    """Sentences do not overlap, have no outer white space, and nothing but white space is between them."""
    found = SPLITTER.sentence_spans(text)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in found)
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "word " * 20_000,
        "." * 50_000,
        ". " * 25_000,
        "(" * 50_000,
        "a" * 100_000,
        "This is a sentence. " * 5_000,
        "https://example.org/a.b?c=d " * 4_000,
    ],
    ids=["no-ends", "stops", "spaced-stops", "brackets", "one-word", "one-line", "addresses"],
)
def test_strange_texts_take_no_longer_than_plain_ones(text: str) -> None:
    """A hundred thousand characters of anything are split within a few seconds."""
    started = time.process_time()
    SPLITTER.sentence_spans(text)
    assert time.process_time() - started < 5


def test_time_grows_with_the_text_and_not_with_its_square() -> None:
    """Many paragraphs cost as much each as few do."""
    paragraph = "The first sentence is here. The second one goes on for a while. Dr. Who said so.\n\n"
    few, many = (_seconds(paragraph * count) for count in (500, 4_000))
    assert many < 8 * few * 3


def _seconds(text: str) -> float:
    started = time.process_time()
    SPLITTER.sentence_spans(text)
    return time.process_time() - started
