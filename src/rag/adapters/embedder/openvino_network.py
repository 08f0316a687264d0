"""How does a graph run under OpenVINO?"""

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from rag.adapters.embedder.layout import Pooling
from rag.adapters.embedder.network import Encoded, TokenIds
from rag.adapters.embedder.openvino_graph import Model, with_head
from rag.ports.models import EmbedderUnavailableError, ModelLoadError

# Its conversion tools report every import over the network and write into the home directory; we convert
# nothing. An empty module in their place makes OpenVINO leave them out.
_CONVERSION_TOOLS: Final = "openvino.tools.ovc"
_IMPORTING: Final = threading.Lock()
_FIRST_BATCH: Final = threading.Lock()


def import_openvino() -> ModuleType | None:
    """This will import OpenVINO without its conversion tools, or give None where it is not installed."""
    with _IMPORTING:
        if "openvino" in sys.modules:
            return sys.modules["openvino"]
        sys.modules.setdefault(_CONVERSION_TOOLS, ModuleType(_CONVERSION_TOOLS))
        try:
            # Here and not above, so that only who loads a model pays for it; it ships no types.
            import openvino  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415
        except (ImportError, OSError):
            return None
        finally:
            sys.modules.pop(_CONVERSION_TOOLS, None)
        module: ModuleType = openvino
        return module


@dataclass(frozen=True, slots=True)
class Graph:
    """A model with the library that understands it."""

    openvino: ModuleType
    model: Model

    def compile(self, *, streams: int) -> "OpenVinoNetwork":
        """This will make it ready to run in `streams` threads at once, each batch in one of them.

        Raises:
            ModelLoadError: OpenVINO does not accept the graph.
        """
        return OpenVinoNetwork(compiled(self, streams=streams, threads=streams))


def read_graph(openvino: ModuleType, path: Path) -> Graph:
    """This will read OpenVINO IR (`.xml` with `.bin` beside it) or ONNX.

    Raises:
        ModelLoadError: the file is damaged.
    """
    try:
        return Graph(openvino, openvino.Core().read_model(path))
    except RuntimeError as error:
        raise ModelLoadError(f"OpenVINO cannot read {path.name}: {_last_line(error)}") from error


def read_foreign_graph(openvino: ModuleType, path: Path, pooling: Pooling) -> Graph:
    """This will read a directory's own graph and put our pooling on its token vectors.

    Raises:
        ModelLoadError: it does not take `input_ids` and `attention_mask`, or gives no token vectors.
    """
    graph = read_graph(openvino, path)
    model: Any = graph.model
    inputs = {name: node for node in model.inputs for name in node.get_names()}
    hidden = [node for node in model.outputs if len(node.get_partial_shape()) == len(("batch", "token", "d"))]
    if not {"input_ids", "attention_mask"} <= inputs.keys() or not hidden:
        raise ModelLoadError(f"{path.name} does not turn input_ids and attention_mask into token vectors.")
    ids, mask = inputs["input_ids"].get_node(), inputs["attention_mask"].get_node()
    if "token_type_ids" in inputs:
        # Texts are never paired here, so every token is of type 0.
        inputs["token_type_ids"].replace(openvino.opset13.subtract(ids, ids).output(0))
    source = hidden[0].get_node().input_value(0)
    return Graph(openvino, with_head(openvino, (ids, mask), source, pooling))


def compiled(graph: Graph, *, streams: int, threads: int) -> Any:  # noqa: ANN401 - OpenVINO ships no types
    """This will compile a graph for this machine's processor, in the arithmetic that the graph names.

    Raises:
        ModelLoadError: OpenVINO does not accept it.
    """
    options = {
        # Without this some processors silently compute in bf16 or fp16.
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": threads,
        # Pinned threads of two embedders on one machine would fight for the same core.
        "ENABLE_CPU_PINNING": False,
    }
    try:
        return graph.openvino.Core().compile_model(graph.model, "CPU", options)
    except RuntimeError as error:
        raise ModelLoadError(f"OpenVINO cannot compile the model: {_last_line(error)}") from error


class Requests:
    """A compiled graph; every calling thread gets a request of its own."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - OpenVINO ships no types
        self._model = model
        self._requests = threading.local()
        # The first look at a tensor sets up tables inside of OpenVINO's binding, and two threads doing so at
        # once wait for each other for ever: one holds the interpreter, the other the table. So the first
        # batch of all runs here, alone. With 8 threads 19 of 30 programs hung without it, and none with it.
        with _FIRST_BATCH:
            self({port.get_any_name(): np.ones((1, 1), dtype=np.int64) for port in model.inputs})

    def __call__(self, inputs: Mapping[str, TokenIds]) -> Any:  # noqa: ANN401 - OpenVINO ships no types
        """This will give the outputs by name, views that the next call in the same thread overwrites.

        Raises:
            EmbedderUnavailableError: OpenVINO failed.
        """
        request = getattr(self._requests, "request", None)
        try:
            if request is None:
                request = self._requests.request = self._model.create_infer_request()
            # Inputs are copied on purpose: a shared input tensor stays bound to the caller's memory,
            # and the next call writes into it.
            return request.infer(dict(inputs), share_outputs=True)
        except RuntimeError as error:
            raise EmbedderUnavailableError(f"OpenVINO failed on a batch: {_last_line(error)}") from error


class OpenVinoNetwork:
    """A compiled graph that embeds."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - OpenVINO ships no types
        self._dimension = int(model.output("sentences").get_partial_shape()[1].get_length())
        self._requests = Requests(model)

    @property
    def dimension(self) -> int:
        """Length of its vectors."""
        return self._dimension

    def __call__(self, ids: TokenIds, mask: TokenIds) -> Encoded:
        """This will encode `ids` of shape (batch, length), where `mask` is 1 at tokens and 0 at padding.

        Raises:
            EmbedderUnavailableError: OpenVINO failed.
        """
        outputs = self._requests({"input_ids": ids, "attention_mask": mask})
        # `tokens` stays a view: it is large and mostly unread.
        return Encoded(sentences=np.array(outputs["sentences"]), tokens=outputs["tokens"])


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
