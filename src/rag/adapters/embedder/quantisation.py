"""Which scales let a BERT encoder multiply in int8 without losing its vectors?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.adapters.embedder.weights import Array, BertWeights, LayerWeights, Linear

# Measured on all-MiniLM-L6-v2, cosine to fp32, mean and worst: .5: .984, .966; .65: .996, .992;
# .75: .9975, .9956; .8: .9978, .9940; .85: .9954, .9874. At .5 a few large channels drown the others.
SMOOTHING: Final = 0.8
_SMALLEST: Final = 1e-5
_LARGEST_INT8: Final = 127


@dataclass(frozen=True, slots=True)
class Extent:
    """The smallest and largest value seen in each channel; both of shape (channels,)."""

    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Scale:
    """How the input of a matrix product is brought to eight bits.

    Attributes:
        smoothing: each channel is divided by its own, and the weights are multiplied by it.
        low, high: the range that is cut into 256 steps, after smoothing.
    """

    smoothing: Array
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LayerScales:
    """The scales of one layer's four inputs; query, key and value share one."""

    attention: Scale
    attended: Scale
    inner: Scale
    outer: Scale


Scales: TypeAlias = tuple[LayerScales, ...]
INPUTS: Final = ("attention", "attended", "inner", "outer")


@dataclass(frozen=True, slots=True)
class Int8Weight:
    """A weight as `steps * values`; values int8 of shape (out, in), steps of shape (out, 1)."""

    values: npt.NDArray[np.int8]
    steps: Array


def choose_scales(weights: BertWeights, extents: Mapping[tuple[int, str], Extent]) -> Scales:
    """This will choose scales from what was seen while calibration texts passed through the network.

    `extents` has one entry for each layer number and each of INPUTS. The formula is SmoothQuant's
    (Xiao et al. 2023, arXiv 2211.10438, equation 4).
    """
    return tuple(
        LayerScales(**{name: _scale(_readers(layer, name), extents[number, name]) for name in INPUTS})
        for number, layer in enumerate(weights.layers)
    )


def to_int8(weight: Array) -> Int8Weight:
    """This will round a weight to int8, with one step size an output channel."""
    steps = np.maximum(np.abs(weight).max(axis=1, keepdims=True) / _LARGEST_INT8, 1e-12)
    return Int8Weight(np.rint(weight / steps).astype(np.int8), steps.astype(np.float32))


def _readers(layer: LayerWeights, name: str) -> tuple[Linear, ...]:
    readers = {
        "attention": (layer.query, layer.key, layer.value),
        "attended": (layer.attended,),
        "inner": (layer.inner,),
        "outer": (layer.outer,),
    }
    return readers[name]


def _scale(readers: tuple[Linear, ...], seen: Extent) -> Scale:
    activation = np.maximum(np.maximum(-seen.low, seen.high), _SMALLEST)
    weight = np.max([np.abs(reader.weight).max(axis=0) for reader in readers], axis=0)
    smoothing = activation**SMOOTHING / np.maximum(weight, _SMALLEST) ** (1 - SMOOTHING)
    low = min(float((seen.low / smoothing).min()), 0.0)
    high = max(float((seen.high / smoothing).max()), low + _SMALLEST, 0.0)
    return Scale(smoothing.astype(np.float32), low, high)
