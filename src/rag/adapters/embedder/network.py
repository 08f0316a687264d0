"""What does a network take and give, whatever runs it?"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.ports.models import Vectors

TokenIds: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch after the network.

    Attributes:
        sentences: float32 of shape (batch, dimension), rows of length 1.
        tokens: float32 of shape (batch, length, dimension), rows of length 1; what stands at padding means
            nothing. It may be a view that the next call in the same thread overwrites.
    """

    sentences: Vectors
    tokens: Vectors


class Network(Protocol):
    """Encodes a padded batch; safe to call from several threads."""

    @property
    def dimension(self) -> int:
        """Length of its vectors."""

    def __call__(self, ids: TokenIds, mask: TokenIds) -> Encoded:
        """This will encode `ids` of shape (batch, length), where `mask` is 1 at tokens and 0 at padding."""
