"""How does a test write a cross-encoder as ONNX, without ONNX's library?"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from tests.adapters.embedder.test_foreign_graphs import FLOAT, INT64, field, onnx_port
from tests.adapters.embedder.tiny_bert import HIDDEN, LAYERS

_HEADS = 4
_OPSET = 17  # the first that knows LayerNormalization
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def write_onnx_cross_encoder(path: Path, weights: Path) -> None:
    """Write the network whose numbers stand in `weights`, operation by operation, with three inputs."""
    tensors = load_file(weights)
    graph = _OnnxGraph()
    _Bert(graph, tensors).write()
    _write(path, graph, inputs=_INPUTS, labels=len(tensors["classifier.bias"]))


def write_onnx_that_mixes(path: Path) -> None:
    """Write a network that gives three rows, whatever it is given."""
    graph = _OnnxGraph()
    known = graph.run("Mul", "input_ids", "attention_mask")
    shape = graph.constant(np.array([3, 1]))
    graph.run("Reshape", graph.run("Cast", known, to=FLOAT), shape, output="logits")
    _write(path, graph, inputs=_INPUTS[:2], labels=1)


def _write(path: Path, graph: "_OnnxGraph", *, inputs: Sequence[str], labels: int) -> None:
    body = b"".join(field(1, node) for node in graph.nodes) + field(2, "cross-encoder")
    body += b"".join(field(5, constant) for constant in graph.constants)
    body += b"".join(field(11, onnx_port(name, INT64, ("b", "t"))) for name in inputs)
    body += field(12, onnx_port("logits", FLOAT, ("b", labels)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(field(1, 8) + field(8, field(1, "") + field(2, _OPSET)) + field(7, body))


class _OnnxGraph:
    """Collects operations and constants; every value has a name."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []

    def constant(self, value: npt.ArrayLike) -> str:
        """Keep a tensor of float32 or int64."""
        array = np.asarray(value, order="C")
        if array.dtype != np.int64:
            array = array.astype(np.float32)
        name = f"c{len(self.constants)}"
        kind = INT64 if array.dtype == np.int64 else FLOAT
        axes = b"".join(field(1, axis) for axis in array.shape)
        self.constants.append(axes + field(2, kind) + field(8, name) + field(9, array.tobytes()))
        return name

    def run(self, kind: str, *inputs: str, output: str = "", **attributes: float | list[int]) -> str:
        """Add one operation."""
        output = output or f"n{len(self.nodes)}"
        node = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
        for name, value in attributes.items():
            if isinstance(value, int):
                content = field(3, value) + field(20, 2)
            elif isinstance(value, float):
                content = b"\x15" + struct.pack("<f", value) + field(20, 1)
            else:
                content = b"".join(field(8, number) for number in value) + field(20, 7)
            node += field(5, field(1, name) + content)
        self.nodes.append(node)
        return output


class _Bert:
    """A BertForSequenceClassification from its tensors."""

    def __init__(self, graph: _OnnxGraph, tensors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        self._graph = graph
        self._tensors = tensors

    def write(self) -> None:
        """Add every operation from the three inputs to `logits`."""
        run, constant = self._graph.run, self._graph.constant
        hidden = self._embed()
        present = run("Unsqueeze", "attention_mask", constant(np.array([1, 2])))
        absent = run("Sub", constant(np.float32(1)), run("Cast", present, to=FLOAT))
        distance = run("Mul", absent, constant(np.float32(-1e9)))
        for layer in range(LAYERS):
            hidden = self._layer(f"bert.encoder.layer.{layer}", hidden, distance)
        first = run("Gather", hidden, constant(np.int64(0)), axis=1)
        pooled = run("Tanh", self._linear("bert.pooler.dense", first))
        run("Add", self._product("classifier", pooled), self._tensor("classifier.bias"), output="logits")

    def _embed(self) -> str:
        run, constant, place = self._graph.run, self._graph.constant, "bert.embeddings"
        words = run("Gather", self._tensor(f"{place}.word_embeddings.weight"), "input_ids")
        types = run("Gather", self._tensor(f"{place}.token_type_embeddings.weight"), "token_type_ids")
        length = run("Slice", run("Shape", "input_ids"), constant(np.array([1])), constant(np.array([2])))
        positions = run(
            "Slice",
            self._tensor(f"{place}.position_embeddings.weight"),
            constant(np.array([0])),
            length,
            constant(np.array([0])),
        )
        return self._norm(f"{place}.LayerNorm", run("Add", run("Add", words, types), positions))

    def _layer(self, place: str, hidden: str, distance: str) -> str:
        run, constant = self._graph.run, self._graph.constant
        mixed = self._attend(f"{place}.attention.self", hidden, distance)
        attended = self._linear(f"{place}.attention.output.dense", mixed)
        hidden = self._norm(f"{place}.attention.output.LayerNorm", run("Add", hidden, attended))
        inner = self._linear(f"{place}.intermediate.dense", hidden)
        share = run("Add", run("Erf", run("Mul", inner, constant(np.sqrt(0.5)))), constant(np.float32(1)))
        inner = run("Mul", run("Mul", inner, share), constant(np.float32(0.5)))
        outer = self._linear(f"{place}.output.dense", inner)
        return self._norm(f"{place}.output.LayerNorm", run("Add", hidden, outer))

    def _attend(self, place: str, hidden: str, distance: str) -> str:
        run, constant = self._graph.run, self._graph.constant
        heads = constant(np.array([0, 0, _HEADS, HIDDEN // _HEADS]))

        def split(part: str, order: list[int]) -> str:
            return run(
                "Transpose", run("Reshape", self._linear(f"{place}.{part}", hidden), heads), perm=order
            )

        product = run("MatMul", split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]))
        scores = run("Mul", product, constant((HIDDEN / _HEADS) ** -0.5))
        shares = run("Softmax", run("Add", scores, distance), axis=3)
        mixed = run("Transpose", run("MatMul", shares, split("value", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        return run("Reshape", mixed, constant(np.array([0, 0, HIDDEN])))

    def _linear(self, name: str, values: str) -> str:
        return self._graph.run("Add", self._product(name, values), self._tensor(f"{name}.bias"))

    def _product(self, name: str, values: str) -> str:
        return self._graph.run("MatMul", values, self._graph.constant(self._tensors[f"{name}.weight"].T))

    def _norm(self, name: str, values: str) -> str:
        gain, bias = self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias")
        return self._graph.run("LayerNormalization", values, gain, bias, epsilon=1e-12)

    def _tensor(self, name: str) -> str:
        return self._graph.constant(self._tensors[name])
