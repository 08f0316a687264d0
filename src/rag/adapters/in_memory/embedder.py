"""What would an embedding model say, if it only counted words? A stand-in for tests."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from rag.domain.recipe import ModelIdentity
from rag.ports.models import Vectors

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


class InMemoryEmbedder:
    """Implements Embedder and Tokenizer: a text's vector counts its words, each hashed to one place and sign.

    The same text has the same vector in every process. Texts that share words are near to each other.
    """

    def __init__(self, *, dimension: int = 64) -> None:
        self._identity = ModelIdentity(
            name="hashed-words",
            precision="fp32",
            fingerprint="0" * 12,
            dimension=dimension,
            window_tokens=512,
        )

    @property
    def identity(self) -> ModelIdentity:
        """Which model, in which arithmetic."""
        return self._identity

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """This will embed texts, in order.

        Returns:
            float32 of shape (texts, dimension), each row of length 1.
        """
        vectors = np.zeros((len(texts), self._identity.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._vector(text)
        return vectors

    async def embed_question(self, text: str) -> Vectors:
        """This will embed one question.

        Returns:
            float32 of shape (dimension,), of length 1.
        """
        return self._vector(text)

    def token_starts(self, text: str) -> Sequence[int]:
        """This will give the start of every word and every other visible character."""
        return [match.start() for match in _TOKEN.finditer(text)]

    def _vector(self, text: str) -> Vectors:
        counts = np.zeros(self._identity.dimension, dtype=np.float32)
        for word in _TOKEN.findall(text.lower()):
            digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            place, sign = int.from_bytes(digest[:7]) % len(counts), 1 if digest[7] % 2 else -1
            counts[place] += sign
        if not counts.any():
            # A text without words, or one whose words cancel out, still needs a direction.
            counts[0] = 1
        length = float(np.linalg.norm(counts))
        return np.asarray(counts / length, dtype=np.float32)
