"""Which words of a text count, and how much?"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import qdrant_edge

from rag.domain.errors import InvalidInputError
from rag.domain.recipe import LexicalRecipe

# Elsewhere an accent tells words apart, and the stemmer and the stop words need it.
_UNACCENTED: Final = "english"

SparseVector: TypeAlias = Mapping[str, Sequence[float]]


class WordCounter:
    """Turns texts into sparse vectors whose dot product, weighed by the engine's idf, is Lucene's BM25.

    A document's word weighs `tf (k1 + 1) / (tf + k1 (1 - b + b length / average_length))`, a question's one;
    the engine multiplies by `ln(1 + (N - n + 1/2) / (n + 1/2))` (Robertson and Zaragoza 2009, in Lucene's
    form). Words are lower case, without the language's stop words, and stemmed by Snowball; in English,
    accents do not count. A document's length counts what is left.
    """

    def __init__(self, recipe: LexicalRecipe) -> None:
        try:
            self._bm25 = qdrant_edge.Bm25(
                qdrant_edge.Bm25Config(
                    k=recipe.k1,
                    b=recipe.b,
                    avg_len=recipe.average_length,
                    language=recipe.language,
                    ascii_folding=recipe.language == _UNACCENTED,
                )
            )
        except ValueError as error:
            raise InvalidInputError(f"Words of {recipe.language} cannot be counted: {error}.") from error

    def document(self, text: str) -> SparseVector:
        """This will weigh the words of a stored text."""
        return _plain(self._bm25.embed_document(text))

    def question(self, text: str) -> SparseVector:
        """This will weigh the words of a question: no indices where nothing but stop words is in it."""
        return _plain(self._bm25.embed_query(text))


def _plain(vector: qdrant_edge.SparseVector) -> SparseVector:
    return {"indices": vector.indices, "values": vector.values}
