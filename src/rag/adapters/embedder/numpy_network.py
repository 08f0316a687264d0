"""What does a BERT encoder compute, in plain numpy? The reference for faster forms, and the last resort."""

from typing import Final

import numpy as np

from rag.adapters.embedder.layout import BertShape, Pooling
from rag.adapters.embedder.network import Encoded, TokenIds
from rag.adapters.embedder.weights import Array, BertWeights, LayerWeights, Linear

_MASKED: Final = np.float32(-1e9)


class NumpyNetwork:
    """An fp32 forward pass; about as exact as any other fp32 arithmetic, and slower."""

    def __init__(self, weights: BertWeights, shape: BertShape, pooling: Pooling) -> None:
        self._weights = weights
        self._shape = shape
        self._pooling = pooling

    @property
    def dimension(self) -> int:
        """Length of its vectors."""
        return self._shape.hidden

    def __call__(self, ids: TokenIds, mask: TokenIds) -> Encoded:
        """This will encode `ids` of shape (batch, length), where `mask` is 1 at tokens and 0 at padding."""
        hidden = self.hidden(ids, mask)
        return Encoded(sentences=unit(self._pool(hidden, mask)), tokens=unit(hidden))

    def hidden(self, ids: TokenIds, mask: TokenIds) -> Array:
        """This will give the token vectors as the last layer leaves them: (batch, length, dimension)."""
        weights = self._weights
        hidden = self._norm(weights.words[ids] + weights.positions[: ids.shape[1]], weights.norm)
        distance = np.where(mask[:, None, None, :] > 0, np.float32(0), _MASKED)
        for layer in weights.layers:
            attended = linear(self._attend(hidden, distance, layer), layer.attended)
            hidden = self._norm(hidden + attended, layer.attended_norm)
            inner = _gelu(linear(hidden, layer.inner), self._shape.gelu)
            hidden = self._norm(hidden + linear(inner, layer.outer), layer.outer_norm)
        return hidden

    def _pool(self, hidden: Array, mask: TokenIds) -> Array:
        if self._pooling is Pooling.CLS:
            return hidden[:, 0]
        weight = mask[:, :, None].astype(np.float32)
        return np.asarray((hidden * weight).sum(axis=1) / weight.sum(axis=1), dtype=np.float32)

    def _attend(self, hidden: Array, distance: Array, layer: LayerWeights) -> Array:
        batch, length, size = hidden.shape
        head = size // self._shape.heads

        def split(part: Linear) -> Array:
            return linear(hidden, part).reshape(batch, length, -1, head).transpose(0, 2, 1, 3)

        scores = split(layer.query) @ split(layer.key).transpose(0, 1, 3, 2)
        scores = scores / np.float32(np.sqrt(head)) + distance
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        mixed: Array = (shares @ split(layer.value)).transpose(0, 2, 1, 3).reshape(batch, length, size)
        return mixed

    def _norm(self, values: Array, norm: Linear) -> Array:
        centred = values - values.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(self._shape.epsilon))
        scaled: Array = centred / spread * norm.weight + norm.bias
        return scaled


def unit(vectors: Array) -> Array:
    """This will bring rows to length 1; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)


def linear(values: Array, part: Linear) -> Array:
    """This will give `values @ weight.T + bias`."""
    product: Array = values @ part.weight.T + part.bias
    return product


def _gelu(values: Array, form: str) -> Array:
    if form == "tanh":
        inside = np.tanh(np.float32(np.sqrt(2 / np.pi)) * (values + np.float32(0.044715) * values**3))
    else:
        inside = _erf(values / np.float32(np.sqrt(2)))
    return np.asarray(values * np.float32(0.5) * (np.float32(1) + inside), dtype=np.float32)


def _erf(values: Array) -> Array:
    """Approximate the error function to 1.5e-7: Abramowitz and Stegun, Handbook, formula 7.1.26."""
    size = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(size, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = np.asarray(series * t + np.float32(coefficient), dtype=np.float32)
    return np.asarray(np.sign(values) * (1 - series * t * np.exp(-size * size)), dtype=np.float32)
