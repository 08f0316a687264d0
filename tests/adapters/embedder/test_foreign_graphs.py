"""A directory's own OpenVINO or ONNX file is used as it is, with our pooling behind it."""

from pathlib import Path

import numpy as np
import pytest

from rag.adapters.embedder import Runtime
from rag.adapters.embedder.openvino_network import import_openvino
from rag.ports.models import ModelLoadError
from tests.adapters.embedder.conftest import Load
from tests.adapters.embedder.tiny_bert import HIDDEN, write_json

pytestmark = pytest.mark.usefixtures("needs_openvino")

TABLE = np.random.default_rng(5).standard_normal((200, HIDDEN)).astype(np.float32)
INT64, FLOAT = 7, 1


def field(number: int, value: int | str | bytes) -> bytes:
    """Encode one field of a protobuf message: ONNX's format, without its library."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def onnx_port(name: str, kind: int, axes: tuple[str | int, ...]) -> bytes:
    """Describe an input or output: its name, element type and axes."""
    shape = b"".join(field(1, field(2, axis) if isinstance(axis, str) else field(1, axis)) for axis in axes)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def onnx_node(kind: str, inputs: tuple[str, ...], output: str) -> bytes:
    """Describe one operation."""
    return b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)


def write_onnx(path: Path) -> None:
    """Write a network that looks up the vector at `input_ids * attention_mask + token_type_ids`."""
    nodes = [
        onnx_node("Mul", ("input_ids", "attention_mask"), "known"),
        onnx_node("Add", ("known", "token_type_ids"), "typed"),
        onnx_node("Gather", ("table", "typed"), "last_hidden_state"),
    ]
    table = field(1, TABLE.shape[0]) + field(1, TABLE.shape[1]) + field(2, FLOAT)
    table += field(8, "table") + field(9, TABLE.tobytes())
    inputs = [onnx_port(n, INT64, ("b", "t")) for n in ("input_ids", "attention_mask", "token_type_ids")]
    graph = b"".join(field(1, node) for node in nodes) + field(2, "lookup") + field(5, table)
    graph += b"".join(field(11, port) for port in inputs)
    graph += field(12, onnx_port("last_hidden_state", FLOAT, ("b", "t", HIDDEN)))
    path.write_bytes(field(1, 8) + field(8, field(1, "") + field(2, 13)) + field(7, graph))


def write_ir(path: Path) -> None:
    """Write the same network as OpenVINO's own format."""
    openvino = import_openvino()
    assert openvino is not None
    write_onnx(path.with_suffix(".draft"))
    model = openvino.Core().read_model(path.with_suffix(".draft").read_bytes())
    openvino.save_model(model, path, compress_to_fp16=False)
    path.with_suffix(".draft").unlink()


@pytest.mark.parametrize("name", ["model.onnx", "openvino_model.xml"])
async def test_an_own_graph_is_used(tiny: Path, load: Load, name: str) -> None:
    """Token vectors come from the file, the pooling from the directory, the length from us."""
    write_json(tiny / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True})
    (write_onnx if name.endswith("onnx") else write_ir)(tiny / name)
    embedder = load(tiny)
    assert embedder.identity.precision == "as-shipped"
    ids = embedder._model.pieces.ids(["a text"])[0]
    mean = TABLE[[2, *ids, 3]].mean(axis=0)
    (vector,) = await embedder.embed(["a text"])
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


async def test_any_architecture_may_bring_its_own_graph(tiny: Path, load: Load) -> None:
    """A network that we could not build runs from its file, also where a hub's folder holds it."""
    write_json(tiny / "config.json", {"model_type": "mpnet", "max_position_embeddings": 40})
    (tiny / "model.safetensors").unlink()
    (tiny / "onnx").mkdir()
    write_onnx(tiny / "onnx" / "model.onnx")
    embedder = load(tiny)
    assert (await embedder.embed(["a", "b"])).shape == (2, HIDDEN)


def test_a_file_in_a_folder_yields_to_the_weights(tiny: Path, load: Load) -> None:
    """Where the weights are there too, our own graph is built from them."""
    (tiny / "onnx").mkdir()
    write_onnx(tiny / "onnx" / "model.onnx")
    assert load(tiny).identity.precision in {"int8-openvino", "fp32"}


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x08"])
def test_a_damaged_own_graph(tiny: Path, load: Load, content: bytes) -> None:
    """A file that OpenVINO cannot read is refused."""
    (tiny / "model.onnx").write_bytes(content)
    with pytest.raises(ModelLoadError, match=r"model\.onnx"):
        load(tiny)


async def test_numpy_takes_the_weights_instead(tiny: Path, load: Load) -> None:
    """Without OpenVINO a directory's own graph is passed over."""
    write_onnx(tiny / "model.onnx")
    assert load(tiny, runtime=Runtime.NUMPY).identity.precision == "fp32"
