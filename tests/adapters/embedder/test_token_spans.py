"""Token spans cover a text of any length, in order, in characters."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.adapters.embedder import LocalEmbedder
from rag.adapters.embedder.wordpieces import WordPieces
from rag.ports.models import Spans

# What BERT's normaliser drops: marks that combine, and control and unassigned characters.
DROPPED = {"Mn", "Cc", "Cf", "Co", "Cn", "Cs"}
SAMPLE = (
    "Zürich's café — naïve “quotes”, 日本語 text, emoji 👩‍🚀, e\u0301 decomposed, \u00a0no-break, x² ½ ﬁ.\n\n"
)

texts = st.text(st.characters(codec="utf-8"), max_size=200) | st.text(
    "ab éÀ\u0301\u0308ﬁ日本\t\n\x0b\x0c\x1c\x85\u2028\u00a0\u200b\ufeff.,-'[SEP]👩\u200d🚀", max_size=120
)


def spans_of(minilm: LocalEmbedder, text: str) -> Spans:
    """Give the tokens' spans; their starts must be what the port gives."""
    spans = list(minilm._model.pieces.spans(text))
    assert list(minilm.token_starts(text)) == [start for start, _ in spans]
    return spans


def uncovered(text: str, spans: Spans) -> str:
    """Give the characters outside of every span."""
    covered = bytearray(len(text))
    for start, end in spans:
        covered[start:end] = b"\x01" * (end - start)
    return "".join(character for character, seen in zip(text, covered, strict=True) if not seen)


@settings(deadline=None, max_examples=300)
@given(text=texts)
def test_spans_are_ordered_and_cover_what_can_be_seen(minilm: LocalEmbedder, text: str) -> None:
    """Spans lie within the text, in order; outside of them stand only white space and dropped characters."""
    spans = spans_of(minilm, text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one <= other for one, other in pairwise(spans))
    left = uncovered(text, spans)
    assert all(mark.isspace() or unicodedata.category(mark) in DROPPED for mark in left), repr(left)


@settings(deadline=None, max_examples=300)
@given(text=texts)
def test_word_by_word_is_the_same_as_at_once(minilm: LocalEmbedder, text: str) -> None:
    """The way that long texts go gives exactly the tokenizer's own spans."""
    pieces: WordPieces = minilm._model.pieces
    assert list(pieces._spans_by_word(text)) == list(pieces._encoded_spans([text])[0])


def test_spans_count_characters_and_not_bytes(minilm: LocalEmbedder) -> None:
    """After characters of several bytes the spans still cut out the words."""
    text = "日本 naïve 👩‍🚀 word"
    assert text[slice(*spans_of(minilm, text)[-1])] == "word"


def test_a_text_of_a_million_characters_is_spanned_whole(minilm: LocalEmbedder) -> None:
    """Nothing is truncated, and the spans of a repeated text repeat."""
    one = spans_of(minilm, SAMPLE)
    times = 1_000_000 // len(SAMPLE)
    began = time.process_time()
    spans = spans_of(minilm, SAMPLE * times)
    assert time.process_time() - began < 10
    assert len(spans) == len(one) * times
    last = (times - 1) * len(SAMPLE)
    assert list(spans[-len(one) :]) == [(start + last, end + last) for start, end in one]


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u200b", "\ud83d"])
def test_a_text_without_tokens_has_no_spans(minilm: LocalEmbedder, text: str) -> None:
    """White space and invisible characters are no tokens."""
    assert list(spans_of(minilm, text)) == []


def test_a_word_without_end_is_one_span(minilm: LocalEmbedder) -> None:
    """A hundred thousand letters without a space are one unknown token, and are covered."""
    assert list(spans_of(minilm, "a" * 100_000)) == [(0, 100_000)]
