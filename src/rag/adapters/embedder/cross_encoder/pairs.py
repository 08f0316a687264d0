"""How do a question and many texts become rows that a network reads, and its verdicts scores?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.adapters.embedder.batching import Window, padded
from rag.adapters.embedder.network import TokenIds
from rag.adapters.embedder.wordpieces import Joint
from rag.ports.models import ModelLoadError, Vectors

# A question and a text must both find room; real models have windows of 512.
_LEAST_ROOM = 8


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows for a network, and what they are rows of.

    Attributes:
        windows: `window.text` is the number of the question's part times `texts`, plus the text's number;
            tokens from `window.first` on are the text's.
        weights: how many tokens each part of the question has; one part, but for very long questions.
    """

    windows: list[Window]
    texts: int
    weights: npt.NDArray[np.float64]

    def joined(self, scores: Sequence[float], windows: Sequence[Window]) -> list[float]:
        """This will give one score a text: that of its best window, averaged over the question's parts.

        `scores` are in the order of `windows`, at least 0.
        """
        best = np.zeros(len(self.weights) * self.texts)
        np.maximum.at(best, np.array([window.text for window in windows], dtype=np.int64), np.array(scores))
        parts = best.reshape(len(self.weights), self.texts)
        return [float(score) for score in np.average(parts, axis=0, weights=self.weights)]


@dataclass(frozen=True, slots=True)
class PairFrame:
    """What stands around the two texts, and how long a row may be in all.

    Raises:
        ModelLoadError: there is no room for two texts.
    """

    joint: Joint
    window: int
    padding_id: int

    def __post_init__(self) -> None:
        if self._room < _LEAST_ROOM:
            raise ModelLoadError(
                f"A window of {self.window} tokens leaves no room for a question and a text."
            )

    def pairs(self, question: TokenIds, texts: Sequence[TokenIds]) -> Pairs:
        """This will pair the question with every text, by windows of the text where both are too long.

        A question that fills more than half of the window is taken in parts, so that nothing is cut off.
        """
        parts = _split(question, self._room // 2)
        room = self._room - max(len(part) for part in parts)
        windows = []
        for number, part in enumerate(parts):
            before = np.concatenate([self.joint.before, part, self.joint.between])
            for text, ids in enumerate(texts):
                for piece in _split(ids, room):
                    row = np.concatenate([before, piece, self.joint.after])
                    last = len(before) + len(piece)
                    windows.append(Window(number * len(texts) + text, row, len(before), last))
        return Pairs(windows, len(texts), np.array([max(len(part), 1) for part in parts], dtype=np.float64))

    def batch(self, group: Sequence[Window]) -> tuple[TokenIds, TokenIds, TokenIds]:
        """This will give ids, mask and token types, int64 of shape (windows, length)."""
        ids, mask = padded(group, padding_id=self.padding_id, longest=self.window)
        first = np.array([window.first for window in group])[:, None]
        is_text = (np.arange(ids.shape[1])[None, :] >= first) & (mask == 1)
        return ids, mask, is_text * np.int64(self.joint.second_type)

    @property
    def _room(self) -> int:
        joint = self.joint
        return self.window - len(joint.before) - len(joint.between) - len(joint.after)


def verdicts(logits: Vectors) -> list[float]:
    """This will turn logits of shape (rows, labels) into scores from 0 to 1, higher is better.

    One label: its logistic function. Two labels, such as `no` and `yes`: the second one's softmax, which is
    the logistic function of how far it is ahead of the first.
    """
    wide = logits.astype(np.float64)
    ahead = wide[:, -1] if wide.shape[1] == 1 else wide[:, 1] - wide[:, 0]
    # tanh neither overflows nor warns, however sure the network is.
    return [float(score) for score in (1 + np.tanh(ahead / 2)) / 2]


def _split(ids: TokenIds, room: int) -> list[TokenIds]:
    """Cut into as few pieces as possible, all of about the same length; nothing is one empty piece."""
    return list(np.array_split(ids, max(-(-len(ids) // room), 1)))
