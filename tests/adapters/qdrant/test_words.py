"""BM25 scores are what Lucene's formula gives, computed here once more by itself."""

import math
from collections import Counter
from collections.abc import Sequence

import pytest

from rag.adapters.qdrant import QdrantSearchIndex
from rag.adapters.qdrant.words import WordCounter
from rag.domain.errors import InvalidInputError
from rag.domain.question import Filter
from rag.domain.recipe import LexicalRecipe
from tests.support.points import direction, point, recipe

NAME = "rag-0001-aaaaaaaa"
EAST = direction(1.0)
# None is a stop word and the stemmer leaves all as they are, so that splitting is all there is to it.
TEXTS = [
    "copper iron iron zinc",
    "copper tin",
    "zinc zinc zinc zinc lead lead mercury",
    "mercury",
    "iron copper tin zinc lead mercury silver gold",
    "gold gold silver",
    "tin " * 60 + "gold",
]
QUESTIONS = ["iron", "copper zinc", "gold silver mercury lead", "tin gold", "tin tin tin gold"]


def expected(question: str, texts: Sequence[str], lexical: LexicalRecipe) -> dict[int, float]:
    """Score every text for a question (Robertson and Zaragoza 2009, with Lucene's idf)."""
    counted = [Counter(text.split()) for text in texts]
    scores: dict[int, float] = {}
    for word in set(question.split()):
        holders = sum(word in counts for counts in counted)
        idf = math.log(1 + (len(texts) - holders + 0.5) / (holders + 0.5))
        for number, counts in enumerate(counted):
            if counts[word]:
                norm = 1 - lexical.b + lexical.b * counts.total() / lexical.average_length
                gain = counts[word] * (lexical.k1 + 1) / (counts[word] + lexical.k1 * norm)
                scores[number] = scores.get(number, 0.0) + idf * gain
    return scores


@pytest.mark.parametrize("question", QUESTIONS)
async def test_scores_are_lucenes(index: QdrantSearchIndex, question: str) -> None:
    """Every text gets the formula's score, and the texts without the words are left out."""
    await index.create(NAME, recipe())
    await index.upsert(NAME, [point(n, EAST, text) for n, text in enumerate(TEXTS)])
    await index.switch(NAME)
    _, words = await index.search(question, EAST, limit=20, filter_by=Filter())
    found = {candidate.chunk_id.int - 1: candidate.score for candidate in words.candidates}
    assert found == pytest.approx(expected(question, TEXTS, LexicalRecipe()), rel=1e-5)


async def test_a_filter_does_not_change_scores(index: QdrantSearchIndex) -> None:
    """How rare a word is comes from the whole index, so scores stay comparable under a filter."""
    await index.create(NAME, recipe())
    await index.upsert(NAME, [point(n, EAST, text, source=f"{n % 2}.md") for n, text in enumerate(TEXTS)])
    await index.switch(NAME)
    narrowed = Filter(sources=frozenset({"0.md"}))
    _, words = await index.search("tin gold", EAST, limit=20, filter_by=narrowed)
    all_scores = expected("tin gold", TEXTS, LexicalRecipe())
    found = {candidate.chunk_id.int - 1: candidate.score for candidate in words.candidates}
    assert found == pytest.approx({n: score for n, score in all_scores.items() if n % 2 == 0}, rel=1e-5)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Running", "runs"),
        ("café", "CAFE"),
        ("policies", "policy"),
    ],
)
def test_forms_of_a_word_are_one(first: str, second: str) -> None:
    """Case, endings and, in English, accents do not count."""
    words = WordCounter(LexicalRecipe())
    assert words.question(first) == words.question(second)


def test_stop_words_do_not_count() -> None:
    """They are neither looked for nor part of a text's length."""
    words = WordCounter(LexicalRecipe())
    assert words.question("the of and")["indices"] == []
    assert words.document("gold") == words.document("the gold of the")


def test_another_language_has_its_own_words() -> None:
    """German stop words and endings are German."""
    words = WordCounter(LexicalRecipe(language="german"))
    assert words.question("die und der")["indices"] == []
    assert words.question("Häuser") == words.question("Häusern")


def test_an_unknown_language_is_refused() -> None:
    """A language without stemmer and stop words cannot be counted."""
    with pytest.raises(InvalidInputError, match="klingon"):
        WordCounter(LexicalRecipe(language="klingon"))
