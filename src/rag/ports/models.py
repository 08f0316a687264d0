"""What do we ask of models: vectors for texts, tokens of a text, and how well texts answer a question?"""

from collections.abc import Sequence
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.domain.errors import RagError, UnavailableError
from rag.domain.recipe import ModelIdentity

Vectors: TypeAlias = npt.NDArray[np.float32]
Spans: TypeAlias = Sequence[tuple[int, int]]


class ModelLoadError(RagError):
    """The model cannot be loaded from where it was named."""

    code: ClassVar[str] = "model_load_failed"
    kind: ClassVar[str] = "ModelError"
    advice: ClassVar[str] = (
        "Set EMBEDDING_MODEL, or RERANKER_MODEL where the message names it, to a directory with the model's "
        "files, to an installed wheel's model, or to a name that the model hub knows and this machine can "
        "reach."
    )


class EmbedderUnavailableError(UnavailableError):
    """The embedding model is loaded but does not answer."""

    code: ClassVar[str] = "embedder_unavailable"
    kind: ClassVar[str] = "ModelError"


class RerankerUnavailableError(UnavailableError):
    """The reranker's model is loaded but does not answer."""

    code: ClassVar[str] = "reranker_unavailable"
    kind: ClassVar[str] = "ModelError"
    advice: ClassVar[str] = (
        "Try again in a few seconds; ask with `rerank: never`, or set RERANKER_MODEL=none, to go on without."
    )


class Embedder(Protocol):
    """Turns texts into vectors, off the event loop."""

    @property
    def identity(self) -> ModelIdentity:
        """Which model, in which arithmetic."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """This will embed documents' texts in length-sorted batches.

        A text longer than the model's window is embedded by windows: the mean of the windows' vectors,
        weighted by their tokens, and brought to length 1 again. Nothing is cut off.

        Returns:
            float32 of shape (texts, dimension), each row of length 1, in the order of `texts`.
        """

    async def embed_question(self, text: str) -> Vectors:
        """This will embed one question ahead of any waiting documents.

        Returns:
            float32 of shape (dimension,), of length 1.
        """


class Tokenizer(Protocol):
    """Counts in the embedding model's tokens."""

    def token_starts(self, text: str) -> Sequence[int]:
        """This will give the character at which every token of `text` starts, special tokens left out.

        The text may be of any length; nothing is truncated. CPU-bound: call it off the event loop.
        """


class SentenceSplitter(Protocol):
    """Finds the sentences of a text."""

    def sentence_spans(self, text: str) -> Spans:
        """This will give `[start, end)` characters of every sentence, in order, without overlap.

        White space between sentences belongs to none. CPU-bound: call it off the event loop.
        """


class Reranker(Protocol):
    """Judges how well texts answer a question."""

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """This will give one score a text, in order; higher is better, comparable within one question."""
