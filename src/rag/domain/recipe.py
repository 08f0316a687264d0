"""How was an index built, and what is a build of it called?"""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from rag.domain.errors import InvalidInputError

SCHEMA: Final = 1  # raised when points, payloads or parsing change so that old generations must be rebuilt

MIN_CHUNK_TOKENS: Final = 16
MAX_CHUNK_TOKENS: Final = 2048


class InvalidRecipeError(InvalidInputError):
    """The chunking asked for cannot be done."""

    code = "invalid_recipe"
    advice = "Choose a chunk size of 16 to 2048 tokens and an overlap below half of it."


class ChunkingStrategy(StrEnum):
    """How a text is cut: by length alone, at ends of sentences, or within sections at ends of sentences."""

    FIXED = "fixed"
    SENTENCE_AWARE = "sentence-aware"
    HEADING_AWARE = "heading-aware"


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which embedding model made a vector; vectors of different identities are never compared.

    Attributes:
        name: such as `all-MiniLM-L6-v2`.
        precision: the arithmetic, such as `fp32` or `int8-openvino`.
        fingerprint: the first 12 hex digits of the sha256 of its weights.
        dimension: length of its vectors.
        window_tokens: the longest input, in its tokens, special tokens included.
    """

    name: str
    precision: str
    fingerprint: str
    dimension: int
    window_tokens: int

    @property
    def key(self) -> str:
        """The name under which vectors are stored.

        >>> ModelIdentity("all-MiniLM-L6-v2", "fp32", "53aa51172d14", 384, 256).key
        'all-MiniLM-L6-v2/fp32/53aa51172d14'
        """
        return f"{self.name}/{self.precision}/{self.fingerprint}"

    def __str__(self) -> str:
        return f"{self.key} ({self.dimension} dimensions, window of {self.window_tokens} tokens)"


@dataclass(frozen=True, slots=True)
class ChunkingRecipe:
    """How documents are cut, in the embedding model's tokens.

    Raises:
        InvalidRecipeError: the size or the overlap is out of range.
    """

    strategy: ChunkingStrategy = ChunkingStrategy.SENTENCE_AWARE
    size_tokens: int = 200
    overlap_tokens: int = 30

    def __post_init__(self) -> None:
        if not MIN_CHUNK_TOKENS <= self.size_tokens <= MAX_CHUNK_TOKENS:
            raise InvalidRecipeError(f"A chunk of {self.size_tokens} tokens is not possible.")
        if not 0 <= self.overlap_tokens * 2 < self.size_tokens:
            raise InvalidRecipeError(
                f"An overlap of {self.overlap_tokens} tokens does not fit chunks of {self.size_tokens}."
            )


@dataclass(frozen=True, slots=True)
class LexicalRecipe:
    """How BM25 counts words: Lucene's formula, with the average length pinned so that scores stay comparable.

    Attributes:
        average_length: mean number of counted words of a chunk.
    """

    language: str = "english"
    k1: float = 1.5
    b: float = 0.75
    average_length: float = 100.0


class FusionMethod(StrEnum):
    """How two rankings become one: by their scaled scores, or by places alone."""

    WEIGHTED = "weighted"
    RECIPROCAL_RANK = "reciprocal-rank"


@dataclass(frozen=True, slots=True)
class RankingRecipe:
    """Everything that decides in which order passages stand and when we decline; kept with every answer.

    Attributes:
        dense_weight: the say of the vectors beside the words, 0 to 1, where scores are added.
        reranker: the name of what judges passages once more, or `none`.
        rerank_weight: the say of the reranker beside the order that it was given, 0 to 1.
        floor: the confidence that a question's best passage must give, else it is declined.
    """

    fusion: FusionMethod = FusionMethod.WEIGHTED
    dense_weight: float = 0.5
    reranker: str = "none"
    rerank_weight: float = 0.5
    floor: float = 0.1


@dataclass(frozen=True, slots=True)
class IndexRecipe:
    """Everything that decides what stands in an index: two builds of one recipe hold the same points."""

    chunking: ChunkingRecipe
    lexical: LexicalRecipe
    model: ModelIdentity
    schema: int = SCHEMA

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that change whenever the recipe does."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def generation_name(recipe: IndexRecipe, *, number: int) -> str:
    """Name the `number`-th build, so that a person can tell what it is from a list of collections.

    >>> model = ModelIdentity("all-MiniLM-L6-v2", "fp32", "53aa51172d14", 384, 256)
    >>> generation_name(IndexRecipe(ChunkingRecipe(), LexicalRecipe(), model), number=3)[:9]
    'rag-0003-'
    """
    return f"rag-{number:04d}-{recipe.fingerprint}"
