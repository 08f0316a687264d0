"""How is a BERT encoder written down as an OpenVINO graph, in fp32 or in int8?"""

from types import ModuleType
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from rag.adapters.embedder.layout import BertShape, Pooling
from rag.adapters.embedder.quantisation import INPUTS, LayerScales, Scale, Scales, to_int8
from rag.adapters.embedder.weights import BertWeights, LayerWeights, Linear

# OpenVINO ships no types; its nodes and models only pass through our hands.
Node: TypeAlias = object
Model: TypeAlias = object

_LEVELS: Final = 256
_FAR: Final = 1e9
_TINY: Final = 1e-12


class _Unscaled(NamedTuple):
    """A layer that stays in fp32."""

    attention: None = None
    attended: None = None
    inner: None = None
    outer: None = None


_NO_SCALES: Final = _Unscaled()


class GraphBuilder:
    """Builds one graph: inputs `input_ids` and `attention_mask`, outputs `sentences` and `tokens`."""

    def __init__(
        self, openvino: ModuleType, weights: BertWeights, shape: BertShape, *, scales: Scales | None = None
    ) -> None:
        self._openvino = openvino
        self._ops = openvino.opset13
        self._weights = weights
        self._shape = shape
        self._scales = scales
        self._seen: dict[tuple[int, str], Node] = {}

    def build(self, pooling: Pooling) -> Model:
        """This will build the graph that embeds."""
        inputs, hidden = self.encoder()
        return with_head(self._openvino, inputs, hidden, pooling)

    def encoder(self) -> tuple[tuple[Node, Node], Node]:
        """This will give the parameters `input_ids` and `attention_mask`, and the last layer's token vectors.

        A head of any kind can be put on them; the vectors are (batch, length, dimension).
        """
        ids, mask = self._parameter("input_ids"), self._parameter("attention_mask")
        return (ids, mask), self._encode(ids, mask)

    def build_observer(self) -> Model:
        """This will build the fp32 graph whose outputs are the extents of every matrix product's input.

        Outputs, for each layer and each of INPUTS: the least, then the greatest value of each channel.
        """
        ids, mask = self._parameter("input_ids"), self._parameter("attention_mask")
        self._encode(ids, mask)
        everywhere = self._constant(np.array([0, 1]))
        seen = [self._seen[n, name] for n in range(self._shape.layers) for name in INPUTS]
        outputs = [
            self._ops.result(reduce(node, everywhere))
            for node in seen
            for reduce in (self._ops.reduce_min, self._ops.reduce_max)
        ]
        return self._openvino.Model(outputs, [ids, mask], "observer")

    def _encode(self, ids: Node, mask: Node) -> Node:
        ops = self._ops
        words = ops.gather(self._constant(self._weights.words), ids, self._constant(np.int64(0)))
        hidden = self._norm(ops.add(words, self._positions(ids)), self._weights.norm)
        present = ops.unsqueeze(ops.convert(mask, "f32"), self._constant(np.array([1, 2])))
        distance = ops.multiply(
            ops.subtract(present, self._constant(np.float32(1))), self._constant(np.float32(_FAR))
        )
        for number, layer in enumerate(self._weights.layers):
            hidden = self._layer(number, layer, hidden, distance)
        return hidden

    def _positions(self, ids: Node) -> Node:
        length = self._ops.gather(
            self._ops.shape_of(ids), self._constant(np.array([1])), self._constant(np.int64(0))
        )
        zero, one = self._constant(np.array([0])), self._constant(np.array([1]))
        return self._ops.slice(self._constant(self._weights.positions), zero, length, one, zero)

    def _layer(self, number: int, layer: LayerWeights, hidden: Node, distance: Node) -> Node:
        ops, scales = self._ops, self._scales[number] if self._scales else _NO_SCALES
        source = self._input(number, "attention", hidden)
        mixed = self._input(number, "attended", self._attend(source, distance, layer, scales))
        attended = self._linear(mixed, layer.attended, scales.attended)
        hidden = self._norm(ops.add(hidden, attended), layer.attended_norm)
        inner = self._linear(self._input(number, "inner", hidden), layer.inner, scales.inner)
        inner = self._input(number, "outer", ops.gelu(inner, self._shape.gelu))
        outer = self._linear(inner, layer.outer, scales.outer)
        return self._norm(ops.add(hidden, outer), layer.outer_norm)

    def _attend(
        self, source: Node, distance: Node, layer: LayerWeights, scales: LayerScales | _Unscaled
    ) -> Node:
        ops, scale = self._ops, scales.attention
        head = self._shape.hidden // self._shape.heads
        swapped = self._constant(np.array([0, 2, 1, 3]))

        def split(linear: Linear) -> Node:
            heads = self._constant(np.array([0, 0, self._shape.heads, head]))
            return ops.transpose(ops.reshape(self._linear(source, linear, scale), heads, True), swapped)

        scores = ops.multiply(
            ops.matmul(split(layer.query), split(layer.key), False, True),
            self._constant(np.float32(1 / np.sqrt(head))),
        )
        shares = ops.softmax(ops.add(scores, distance), -1)
        value = _smoothed_output(layer.value, scales.attended)
        mixed = ops.transpose(ops.matmul(shares, split(value), False, False), swapped)
        return ops.reshape(mixed, self._constant(np.array([0, 0, self._shape.hidden])), True)

    def _input(self, number: int, name: str, node: Node) -> Node:
        """Bring the input of a matrix product to eight bits, or remember it where nothing is quantised."""
        self._seen[number, name] = node
        if self._scales is None:
            return node
        scale: Scale = getattr(self._scales[number], name)
        if name != "attended":  # there the value's own weights carry the smoothing already
            node = self._ops.multiply(node, self._constant((1 / scale.smoothing).reshape(1, 1, -1)))
        low, high = self._constant(np.float32(scale.low)), self._constant(np.float32(scale.high))
        return self._ops.fake_quantize(node, low, high, low, high, _LEVELS)

    def _linear(self, node: Node, linear: Linear, scale: Scale | None) -> Node:
        if scale is None:
            weight = self._constant(linear.weight)
        else:
            rounded = to_int8(linear.weight * scale.smoothing)
            weight = self._ops.multiply(
                self._ops.convert(self._constant(rounded.values), "f32"), self._constant(rounded.steps)
            )
        return self._ops.add(self._ops.matmul(node, weight, False, True), self._constant(linear.bias))

    def _norm(self, node: Node, norm: Linear) -> Node:
        ops = self._ops
        scaled = ops.mvn(node, self._constant(np.array([-1])), True, self._shape.epsilon, "inside_sqrt")
        return ops.add(ops.multiply(scaled, self._constant(norm.weight)), self._constant(norm.bias))

    def _parameter(self, name: str) -> Node:
        parameter = self._ops.parameter([-1, -1], np.int64, name=name)
        parameter.output(0).set_names({name})
        return parameter

    def _constant(self, value: npt.ArrayLike) -> Node:
        return self._ops.constant(np.asarray(value, order="C"))


def with_head(openvino: ModuleType, inputs: tuple[Node, Node], hidden: Node, pooling: Pooling) -> Model:
    """This will pool token vectors and bring them to length 1, as outputs `sentences` and `tokens`.

    `inputs` are the parameters `input_ids` and `attention_mask`; `hidden` is (batch, length, dimension).
    """
    ops = openvino.opset13
    if pooling is Pooling.CLS:
        pooled = ops.gather(hidden, ops.constant(np.int64(0)), ops.constant(np.int64(1)))
    else:
        weight = ops.unsqueeze(ops.convert(inputs[1], "f32"), ops.constant(np.array([2])))
        total = ops.reduce_sum(ops.multiply(hidden, weight), ops.constant(np.array([1])))
        pooled = ops.divide(total, ops.reduce_sum(weight, ops.constant(np.array([1]))))
    outputs = []
    for name, node, axis in (("sentences", pooled, 1), ("tokens", hidden, 2)):
        result = ops.result(ops.normalize_l2(node, ops.constant(np.array([axis])), _TINY, "max"))
        result.output(0).set_names({name})
        outputs.append(result)
    return openvino.Model(outputs, list(inputs), "embedder")


def _smoothed_output(linear: Linear, scale: Scale | None) -> Linear:
    """Divide a linear's outputs by the smoothing of what reads them; a weighted mean keeps the factor."""
    if scale is None:
        return linear
    return Linear(linear.weight / scale.smoothing[:, None], linear.bias / scale.smoothing)
