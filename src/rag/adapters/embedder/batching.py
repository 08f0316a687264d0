"""How are texts cut into windows, windows put into batches, and vectors put together again?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rag.adapters.embedder.network import TokenIds
from rag.adapters.embedder.numpy_network import unit
from rag.ports.models import Vectors

# All-MiniLM-L6-v2 in int8, chunks of 150 tokens, a CPU-second: 74.5 in batches of 8, 72.8 of 16, 70.1 of 32.
# Small batches stay in the processor's cache and let a question's reranking in sooner.
MAX_BATCH_TOKENS: Final = 1280

# OpenVINO keeps code and packed weights for every shape it has met: with lengths as they come, 24 batches
# took 320 MB and ran a third slower on their first visit; in steps of 16 they took 62 MB.
_STEP: Final = 16


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a text that fits the network.

    Attributes:
        text: the number of the text in the request.
        ids: its token numbers with the special tokens around them.
        first, last: `ids[first:last]` are the text's own tokens.
    """

    text: int
    ids: TokenIds
    first: int
    last: int

    @property
    def weight(self) -> int:
        """Its share in the text's vector: its own tokens, at least 1."""
        return max(self.last - self.first, 1)

    @property
    def padded(self) -> int:
        """Its length in a batch."""
        return -(-len(self.ids) // _STEP) * _STEP


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every window, and how long a window may be in all."""

    before: TokenIds
    after: TokenIds
    window: int

    def windows(self, text: int, ids: TokenIds) -> Iterator[Window]:
        """This will cut `ids` into as few windows as possible, all of about the same length."""
        room = self.window - len(self.before) - len(self.after)
        count = max(-(-len(ids) // room), 1)
        for part in np.array_split(ids, count):
            framed = np.concatenate([self.before, part, self.after])
            yield Window(text, framed, len(self.before), len(self.before) + len(part))


def batches(windows: Sequence[Window], *, batch_size: int) -> list[list[Window]]:
    """This will sort by length and group: at most `batch_size` windows and MAX_BATCH_TOKENS padded tokens."""
    groups: list[list[Window]] = []
    for window in sorted(windows, key=lambda window: len(window.ids)):
        group = groups[-1] if groups else []
        fits = len(group) < batch_size and window.padded * (len(group) + 1) <= MAX_BATCH_TOKENS
        if group and fits:
            group.append(window)
        else:
            groups.append([window])
    return groups


def padded(group: Sequence[Window], *, padding_id: int, longest: int) -> tuple[TokenIds, TokenIds]:
    """This will give `ids` and `mask`, int64 of shape (windows, length); length is at most `longest`."""
    length = min(max(window.padded for window in group), longest)
    ids = np.full((len(group), length), padding_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(group):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return ids, mask


def join(texts: int, windows: Sequence[Window], vectors: Vectors) -> Vectors:
    """This will give one vector of length 1 a text: the mean of its windows', weighted by their tokens.

    `vectors` is float32 of shape (windows, dimension), in the order of `windows`.
    """
    owner = np.array([window.text for window in windows], dtype=np.int64)
    weight: npt.NDArray[np.float32] = np.array([window.weight for window in windows], dtype=np.float32)
    total = np.zeros((texts, vectors.shape[1]), dtype=np.float32)
    np.add.at(total, owner, vectors * weight[:, None])
    return unit(total)
