"""Which texts' token vectors are worth keeping, so that a passage that is found often is read once?"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rag.ports.models import Vectors

# Some six hundred passages of 150 tokens: what most questions of an hour find again.
DEFAULT_BYTES: Final = 64 * 2**20
_LARGEST_SHARE: Final = 8  # a text that would fill more than an eighth of the place is not kept


@dataclass(frozen=True, slots=True)
class TextTokens:
    """A text's tokens as the network sees them in their surroundings.

    Attributes:
        ids: their numbers, of shape (tokens,).
        vectors: float16 of shape (tokens, dimension), each row of length 1.
    """

    ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float16]

    @property
    def size_bytes(self) -> int:
        """What keeping it costs."""
        return self.ids.nbytes + self.vectors.nbytes

    def best(self, wanted: Vectors) -> Vectors:
        """This will give the best cosine of each wanted token among these; -1 where there are none.

        Args:
            wanted: float32 of shape (wanted tokens, dimension).
        """
        cosines = wanted @ self.vectors.astype(np.float32).T
        return np.asarray(cosines.max(axis=1, initial=-1), dtype=np.float32)


class TokenVectors:
    """Keeps the token vectors of the texts that were asked for last, within a number of bytes.

    One event loop uses it; no lock is needed.
    """

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, TextTokens] = OrderedDict()
        self.size_bytes = 0

    def get(self, text: str) -> TextTokens | None:
        """This will give what is kept of `text`."""
        if text in self._kept:
            self._kept.move_to_end(text)
        return self._kept.get(text)

    def put(self, text: str, tokens: TextTokens) -> None:
        """This will keep the vectors, and forget those that were not asked for the longest."""
        if text in self._kept or tokens.size_bytes * _LARGEST_SHARE > self._max_bytes:
            return
        self._kept[text] = tokens
        self.size_bytes += tokens.size_bytes
        while self.size_bytes > self._max_bytes:
            _, forgotten = self._kept.popitem(last=False)
            self.size_bytes -= forgotten.size_bytes
