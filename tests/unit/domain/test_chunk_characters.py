"""Is a chunk bounded in characters too, where a tokenizer makes few tokens of many?"""

import re
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.domain.chunking import chunk_document
from rag.domain.cutting import MAX_TOKEN_CHARACTERS
from rag.domain.recipe import ChunkingRecipe, ChunkingStrategy
from tests.unit.domain.test_chunking import RECIPES, SENTENCES, chunks_of, document, recipe_of, spans

LONG_PIECES = st.builds(
    lambda piece, times: piece * times,
    st.sampled_from(["x", "数", " ", "\n", "-", "e\u0301", "\u0301", "word ", "w. "]),
    st.integers(1, 400),
)


@example(pieces=["x" * 9000], recipe=ChunkingRecipe(ChunkingStrategy.FIXED, 16, 7))
@given(pieces=st.lists(LONG_PIECES, max_size=12), recipe=RECIPES)
def test_characters_are_bounded_however_few_the_tokens(pieces: list[str], recipe: ChunkingRecipe) -> None:
    """Where a word of any length is one token, chunks still are bounded, complete and in order."""
    text = "".join(pieces)
    tokens = spans(re.compile(r"\S+"), text)
    found = chunk_document(
        document(text, unbroken=((len(text) // 3, len(text)),)),
        generation="g",
        recipe=recipe,
        token_starts=[start for start, _ in tokens],
        sentence_spans=spans(SENTENCES, text),
    )
    for chunk in found:
        assert len(chunk.text) <= (recipe.size_tokens + 1) * MAX_TOKEN_CHARACTERS
        inside = sum(1 for start, _ in tokens if chunk.start <= start < chunk.end)
        assert chunk.token_count == inside <= recipe.size_tokens
    for before, after in pairwise(found):
        assert before.start < after.start
        assert before.end < after.end
        shared = sum(1 for start, _ in tokens if after.start <= start < before.end)
        assert shared <= recipe.overlap_tokens
    covered = {place for chunk in found for place in range(chunk.start, chunk.end)}
    assert all(place in covered for place, character in enumerate(text) if character.isalnum())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("strategy", ChunkingStrategy)
def test_a_word_of_36_megabytes_is_cut_in_seconds(strategy: ChunkingStrategy) -> None:
    """A file without any white space, which is one token to the model, gives chunks of bounded length."""
    text = "x" * 36_000_000
    began = time.perf_counter()
    found = chunk_document(
        document(text),
        generation="g",
        recipe=recipe_of(strategy, 200, 30),
        token_starts=[0],
        sentence_spans=[(0, len(text))],
    )
    assert time.perf_counter() - began < 20
    assert max(len(chunk.text) for chunk in found) <= 201 * MAX_TOKEN_CHARACTERS
    assert sum(chunk.token_count for chunk in found) == 1
    assert (found[0].start, found[-1].end) == (0, len(text))


def test_an_accent_stays_with_its_letter() -> None:
    """A long word is not cut between a letter and the marks on it."""
    text = "e\u0301\u0302" * 5000
    found = chunk_document(
        document(text),
        generation="g",
        recipe=recipe_of(ChunkingStrategy.FIXED),
        token_starts=[0],
        sentence_spans=[],
    )
    assert len(found) > 2
    assert not any(unicodedata.combining(chunk.text[0]) for chunk in found)


def test_ordinary_words_are_counted_as_the_model_counts_them() -> None:
    """Long words and the gaps of a table change nothing: only what no writer writes is cut by characters."""
    row = f"{'responsibilities':<30}{'x' * 40}\n"
    found = chunks_of(document(row * 8), recipe_of(ChunkingStrategy.FIXED, 80))
    assert [chunk.token_count for chunk in found] == [80]
