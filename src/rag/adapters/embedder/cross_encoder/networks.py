"""What runs a cross-encoder's network: numpy, OpenVINO, or torch?"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

import numpy as np

from rag.adapters.embedder.layout import BertShape, Pooling
from rag.adapters.embedder.network import TokenIds
from rag.adapters.embedder.numpy_network import NumpyNetwork, linear
from rag.adapters.embedder.openvino_graph import GraphBuilder, Node
from rag.adapters.embedder.openvino_network import Graph, Requests, compiled, read_graph
from rag.adapters.embedder.sentence_transformers import loaded_by_torch
from rag.adapters.embedder.weights import BertWeights, Linear, PairHead
from rag.ports.models import EmbedderUnavailableError, ModelLoadError, Vectors

_LOGITS: Final = "logits"


class PairNetwork(Protocol):
    """Judges rows of two texts; safe to call from several threads."""

    def __call__(self, ids: TokenIds, mask: TokenIds, types: TokenIds) -> Vectors:
        """This will give logits, float32 of shape (batch, labels), for rows of shape (batch, length)."""


class NumpyPairNetwork:
    """An fp32 forward pass of a BertForSequenceClassification."""

    def __init__(self, weights: BertWeights, head: PairHead, shape: BertShape) -> None:
        self._vocabulary = len(weights.words)
        self._head = head
        self._encoder = NumpyNetwork(_of_both_types(weights, head), shape, Pooling.CLS)

    def __call__(self, ids: TokenIds, mask: TokenIds, types: TokenIds) -> Vectors:
        """This will give logits, float32 of shape (batch, labels), for rows of shape (batch, length)."""
        first = self._encoder.hidden(ids + types * self._vocabulary, mask)[:, 0]
        return linear(np.tanh(linear(first, self._head.pooler)), self._head.classifier)


class OpenVinoPairNetwork:
    """A compiled graph; `feed` names its inputs, `output` is the place of its logits."""

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - OpenVINO ships no types
        feed: Callable[[TokenIds, TokenIds, TokenIds], Mapping[str, TokenIds]],
        *,
        output: int,
    ) -> None:
        self._feed = feed
        self._output = output
        self._requests = Requests(model)

    def __call__(self, ids: TokenIds, mask: TokenIds, types: TokenIds) -> Vectors:
        """This will give logits, float32 of shape (batch, labels), for rows of shape (batch, length).

        Raises:
            EmbedderUnavailableError: OpenVINO failed.
        """
        outputs = self._requests(self._feed(ids, mask, types))
        return np.array(outputs[self._output], dtype=np.float32)


def built_network(
    openvino: ModuleType, parts: tuple[BertWeights, PairHead], shape: BertShape, *, threads: int
) -> OpenVinoPairNetwork:
    """This will build the graph of a BertForSequenceClassification in fp32 and compile it.

    Raises:
        ModelLoadError: OpenVINO does not accept the graph.
    """
    weights, head = parts
    vocabulary, ops = len(weights.words), openvino.opset13
    inputs, hidden = GraphBuilder(openvino, _of_both_types(weights, head), shape).encoder()

    def reads(node: Node, part: Linear) -> Node:
        product = ops.matmul(node, ops.constant(part.weight), False, True)
        return ops.add(product, ops.constant(part.bias))

    first = ops.gather(hidden, ops.constant(np.int64(0)), ops.constant(np.int64(1)))
    logits = ops.result(reads(ops.tanh(reads(first, head.pooler)), head.classifier))
    graph = Graph(openvino, openvino.Model([logits], list(inputs), "cross-encoder"))
    return OpenVinoPairNetwork(
        compiled(graph, streams=threads, threads=threads),
        lambda ids, mask, types: {"input_ids": ids + types * vocabulary, "attention_mask": mask},
        output=0,
    )


def _of_both_types(weights: BertWeights, head: PairHead) -> BertWeights:
    """Let the table of words stand twice, the second time with token type 1 added.

    The encoders that we have feed token type 0 alone; looked up in the second half, a token is of type 1.
    """
    return replace(weights, words=np.concatenate([weights.words, weights.words + head.second_type]))


def own_network(openvino: ModuleType, path: Path, *, threads: int) -> OpenVinoPairNetwork:
    """This will read a directory's own ONNX or OpenVINO file and compile it as it is.

    Raises:
        ModelLoadError: it is damaged, or does not turn pairs into logits.
    """
    graph = read_graph(openvino, path)
    model: Any = graph.model
    names = {name for port in model.inputs for name in port.get_names()}
    fed = names & {"input_ids", "attention_mask", "token_type_ids"}
    outputs = [
        place
        for place, port in enumerate(model.outputs)
        if _LOGITS in port.get_names() or len(port.get_partial_shape()) == len(("batch", "labels"))
    ]
    if len(fed) != len(model.inputs) or not {"input_ids", "attention_mask"} <= fed or not outputs:
        raise ModelLoadError(f"{path.name} does not turn input_ids and attention_mask into logits.")

    def feed(ids: TokenIds, mask: TokenIds, types: TokenIds) -> Mapping[str, TokenIds]:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return {name: given[name] for name in fed}

    return OpenVinoPairNetwork(compiled(graph, streams=threads, threads=threads), feed, output=outputs[0])


class TorchPairNetwork:
    """The network of sentence-transformers' CrossEncoder, without its tokenizer, which cuts long pairs."""

    def __init__(self, directory: Path) -> None:
        with loaded_by_torch(directory):
            # Here and not above: both come with an extra and take seconds to import.
            import torch  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415
            import transformers  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415

            self._torch: Any = torch
            self._model: Any = transformers.AutoModelForSequenceClassification.from_pretrained(
                str(directory), local_files_only=True
            )
        self._model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        self._wanted = set(inspect.signature(self._model.forward).parameters)

    def __call__(self, ids: TokenIds, mask: TokenIds, types: TokenIds) -> Vectors:
        """This will give logits, float32 of shape (batch, labels), for rows of shape (batch, length).

        Raises:
            EmbedderUnavailableError: torch failed, for instance for want of memory.
        """
        torch = self._torch
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        features = {
            name: torch.from_numpy(value).to(self._model.device)
            for name, value in given.items()
            if name in self._wanted
        }
        try:
            with torch.inference_mode():
                logits = self._model(**features).logits
        except RuntimeError as error:
            raise EmbedderUnavailableError(f"torch failed on a batch: {error}") from error
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)
