"""Keeping the token vectors of texts that are found often."""

import numpy as np

from rag.adapters.embedder import LateInteractionReranker, LocalEmbedder
from rag.adapters.embedder.token_vectors import TextTokens, TokenVectors

TEXTS = ["The invoice must be paid within thirty days.", "Penguins breed on the ice."]


def tokens(count: int) -> TextTokens:
    """Make vectors that take 16 bytes a token."""
    return TextTokens(np.zeros(count, dtype=np.int64), np.zeros((count, 4), dtype=np.float16))


def test_what_was_not_asked_for_the_longest_is_forgotten() -> None:
    """The place is bounded by bytes, not by texts."""
    kept = TokenVectors(max_bytes=320)
    for name in "abcdefghij":
        kept.put(name, tokens(2))
    assert kept.get("a") is not None
    kept.put("k", tokens(2))
    assert kept.get("b") is None
    assert kept.get("a") is not None
    assert kept.size_bytes == 320


def test_a_text_that_would_fill_the_place_is_not_kept() -> None:
    """One book must not drive all passages out."""
    kept = TokenVectors(max_bytes=320)
    kept.put("a", tokens(2))
    kept.put("book", tokens(10))
    assert kept.get("book") is None
    assert kept.get("a") is not None


def test_no_place_keeps_nothing() -> None:
    """The cache can be switched off."""
    kept = TokenVectors(max_bytes=0)
    kept.put("a", tokens(1))
    assert kept.get("a") is None
    assert kept.size_bytes == 0


async def test_a_kept_text_scores_as_it_did(minilm: LocalEmbedder) -> None:
    """Whether it is read or remembered, alone or twice in one call, its score is the same."""
    reranker = LateInteractionReranker(minilm)
    question = "when do I have to pay?"
    first = await reranker.score(question, TEXTS)
    assert await reranker.score(question, TEXTS) == first
    again = await reranker.score(question, [*TEXTS, TEXTS[0]])
    assert again[0] == again[2]
