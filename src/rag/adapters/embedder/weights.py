"""Which numbers make up a BERT encoder, read out of a safetensors file?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rag.adapters.embedder.layout import BertShape
from rag.ports.models import ModelLoadError

Array: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """`x @ weight.T + bias`, weight of shape (out, in); also a norm's gain and bias, both (hidden,)."""

    weight: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One encoder layer: attention, then the feed-forward part, each with its norm."""

    query: Linear
    key: Linear
    value: Linear
    attended: Linear
    attended_norm: Linear
    inner: Linear
    outer: Linear
    outer_norm: Linear


@dataclass(frozen=True, slots=True)
class BertWeights:
    """All of an encoder.

    Attributes:
        positions: position vectors with the vector of token type 0 added, the only type that we feed.
    """

    words: Array
    positions: Array
    norm: Linear
    layers: tuple[LayerWeights, ...]


@dataclass(frozen=True, slots=True)
class PairHead:
    """What makes an encoder judge pairs of texts.

    Attributes:
        pooler: reads the first token's vector; weight of shape (hidden, hidden).
        classifier: reads what the pooler gives; weight of shape (labels, hidden).
        second_type: what the vector of token type 1 has beyond that of type 0, of shape (hidden,).
    """

    pooler: Linear
    classifier: Linear
    second_type: Array


def read_weights(path: Path, shape: BertShape) -> BertWeights:
    """This will read and check every tensor that the shape asks for.

    Raises:
        ModelLoadError: the file is missing, damaged, or lacks a tensor of the right shape.
    """
    return _Reader(_tensors(path), shape).weights()


def read_pair_weights(path: Path, shape: BertShape) -> tuple[BertWeights, PairHead]:
    """This will read and check every tensor of a BertForSequenceClassification.

    Raises:
        ModelLoadError: the file is missing, damaged, or lacks a tensor of the right shape.
    """
    reader = _Reader(_tensors(path), shape)
    return reader.weights(), reader.pair_head()


def _tensors(path: Path) -> Mapping[str, Array]:
    # Imported here: a service whose graph is cached never reads the weights.
    from safetensors import SafetensorError  # noqa: PLC0415 - as above
    from safetensors.numpy import load_file  # noqa: PLC0415 - as above

    if not path.is_file():
        raise ModelLoadError(f"The model directory {path.parent.name} holds no {path.name}.")
    try:
        loaded = load_file(path)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelLoadError(f"The weights {path.name} are damaged or of an unknown kind: {error}") from error
    return {name.removeprefix("bert."): tensor for name, tensor in loaded.items()}


class _Reader:
    """Takes tensors by their customary names."""

    def __init__(self, tensors: Mapping[str, Array], shape: BertShape) -> None:
        self._tensors = tensors
        self._shape = shape

    def weights(self) -> BertWeights:
        hidden = self._shape.hidden
        words = self._take("embeddings.word_embeddings.weight", (-1, hidden))
        positions = self._take("embeddings.position_embeddings.weight", (self._shape.positions, hidden))
        types = self._take("embeddings.token_type_embeddings.weight", (-1, hidden))
        return BertWeights(
            words=words,
            positions=positions + types[0],
            norm=self._norm("embeddings.LayerNorm"),
            layers=tuple(self._layer(f"encoder.layer.{n}.") for n in range(self._shape.layers)),
        )

    def pair_head(self) -> PairHead:
        hidden = self._shape.hidden
        types = self._take("embeddings.token_type_embeddings.weight", (2, hidden))
        labels = len(self._take("classifier.weight", (-1, hidden)))
        return PairHead(
            pooler=self._linear("pooler.dense", hidden, hidden),
            classifier=self._linear("classifier", labels, hidden),
            second_type=types[1] - types[0],
        )

    def _layer(self, prefix: str) -> LayerWeights:
        hidden, inner = self._shape.hidden, self._shape.inner
        return LayerWeights(
            query=self._linear(f"{prefix}attention.self.query", hidden, hidden),
            key=self._linear(f"{prefix}attention.self.key", hidden, hidden),
            value=self._linear(f"{prefix}attention.self.value", hidden, hidden),
            attended=self._linear(f"{prefix}attention.output.dense", hidden, hidden),
            attended_norm=self._norm(f"{prefix}attention.output.LayerNorm"),
            inner=self._linear(f"{prefix}intermediate.dense", inner, hidden),
            outer=self._linear(f"{prefix}output.dense", hidden, inner),
            outer_norm=self._norm(f"{prefix}output.LayerNorm"),
        )

    def _linear(self, name: str, rows: int, columns: int) -> Linear:
        return Linear(self._take(f"{name}.weight", (rows, columns)), self._take(f"{name}.bias", (rows,)))

    def _norm(self, name: str) -> Linear:
        # Old checkpoints call gain and bias of a norm gamma and beta.
        old = f"{name}.gamma" in self._tensors
        gain, bias = ("gamma", "beta") if old else ("weight", "bias")
        size = (self._shape.hidden,)
        return Linear(self._take(f"{name}.{gain}", size), self._take(f"{name}.{bias}", size))

    def _take(self, name: str, shape: tuple[int, ...]) -> Array:
        tensor = self._tensors.get(name)
        if tensor is None:
            raise ModelLoadError(f"The weights lack the tensor {name}.")
        fits = tensor.ndim == len(shape) and all(
            want in (-1, have) for want, have in zip(shape, tensor.shape, strict=True)
        )
        if not fits:
            raise ModelLoadError(f"The tensor {name} has shape {tensor.shape}, expected {shape}.")
        return np.ascontiguousarray(tensor, dtype=np.float32)
