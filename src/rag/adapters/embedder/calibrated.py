"""How is the graph of a BERT encoder made in int8, and is it as good as fp32?"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import numpy as np
import structlog

from rag.adapters.embedder.batching import Frame, Window
from rag.adapters.embedder.calibration import calibration_texts, held_out_texts
from rag.adapters.embedder.layout import BertShape, Pooling
from rag.adapters.embedder.network import Network
from rag.adapters.embedder.numpy_network import NumpyNetwork
from rag.adapters.embedder.openvino_graph import GraphBuilder
from rag.adapters.embedder.openvino_network import Graph, compiled
from rag.adapters.embedder.quantisation import INPUTS, Extent, Scales, choose_scales
from rag.adapters.embedder.weights import Array, BertWeights
from rag.adapters.embedder.wordpieces import WordPieces
from rag.ports.models import ModelLoadError

# One name for both: on the held-out texts OpenVINO's and numpy's fp32 agree to a cosine above .99999.
FP32: Final = "fp32"
INT8: Final = "int8-openvino"

# Below this, int8 is no longer the same model: SmoothQuant left out gives .81 to .94.
LEAST_COSINE: Final = 0.99

_PROVED: Final = 3
_SAME: Final = 0.99999

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Encoder:
    """A BERT encoder before any runtime has it."""

    weights: BertWeights
    shape: BertShape
    pooling: Pooling
    pieces: WordPieces
    frame: Frame

    def numpy_network(self) -> NumpyNetwork:
        """This will give the reference forward pass."""
        return NumpyNetwork(self.weights, self.shape, self.pooling)

    def windows(self, texts: Iterable[str]) -> list[Window]:
        """This will cut texts into windows, in order."""
        ids = self.pieces.ids(list(texts))
        return [window for text, row in enumerate(ids) for window in self.frame.windows(text, row)]


@dataclass(frozen=True, slots=True)
class Built:
    """A graph, its arithmetic, and its cosine to fp32 on held-out texts, mean and worst."""

    graph: Graph
    precision: str
    cosine_mean: float
    cosine_min: float


def build_graph(openvino: ModuleType, encoder: Encoder) -> Built:
    """This will build in int8, or in fp32 where int8 strays too far from it.

    Raises:
        ModelLoadError: OpenVINO does not accept the graph, or computes it wrongly in fp32.
    """
    windows = encoder.windows(held_out_texts())
    plain = Graph(openvino, GraphBuilder(openvino, encoder.weights, encoder.shape).build(encoder.pooling))
    exact = plain.compile(streams=1)
    # A few windows prove OpenVINO's fp32 by ours; then it is the reference, since numpy's threads wait for
    # one another for tens of seconds on a busy machine.
    proof = cosines(exact, encoder.numpy_network(), windows[:_PROVED])
    if proof.min() < _SAME:
        raise ModelLoadError(
            f"OpenVINO's fp32 differs from numpy's on this processor: their cosine is {proof.min():.4f}."
        )
    scales = _calibrate(openvino, encoder)
    builder = GraphBuilder(openvino, encoder.weights, encoder.shape, scales=scales)
    quantised = Graph(openvino, builder.build(encoder.pooling))
    near = cosines(quantised.compile(streams=1), exact, windows)
    if near.min() >= LEAST_COSINE:
        return Built(quantised, INT8, float(near.mean()), float(near.min()))
    _log.warning(
        "embedder_int8_rejected",
        cosine_mean=float(near.mean()),
        cosine_min=float(near.min()),
        least=LEAST_COSINE,
        instead=FP32,
    )
    return Built(plain, FP32, float(proof.mean()), float(proof.min()))


def cosines(network: Network, reference: Network, windows: Iterable[Window]) -> Array:
    """This will give the cosine between two networks' vectors, one for each window."""
    return np.array(
        [float(_sentence(network, window) @ _sentence(reference, window)) for window in windows],
        dtype=np.float32,
    )


def _sentence(network: Network, window: Window) -> Array:
    ids = window.ids[None, :]
    return network(ids, np.ones_like(ids)).sentences.reshape(-1)


def _calibrate(openvino: ModuleType, encoder: Encoder) -> Scales:
    """See how large each channel grows while the calibration texts pass, one at a time and unpadded."""
    observer = Graph(openvino, GraphBuilder(openvino, encoder.weights, encoder.shape).build_observer())
    request = compiled(observer, streams=1, threads=0).create_infer_request()
    lows: list[Array] = []
    highs: list[Array] = []
    for window in encoder.windows(calibration_texts()):
        ids = window.ids[None, :]
        request.infer({"input_ids": ids, "attention_mask": np.ones_like(ids)})
        outputs = [request.get_output_tensor(n).data for n in range(len(request.output_tensors))]
        low, high = outputs[0::2], outputs[1::2]
        lows = [np.minimum(*pair) for pair in zip(lows or low, low, strict=True)]
        highs = [np.maximum(*pair) for pair in zip(highs or high, high, strict=True)]
    places = [(layer, name) for layer in range(encoder.shape.layers) for name in INPUTS]
    extents = (Extent(low, high) for low, high in zip(lows, highs, strict=True))
    return choose_scales(encoder.weights, dict(zip(places, extents, strict=True)))
