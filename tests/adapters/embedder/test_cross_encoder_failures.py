"""A cross-encoder that cannot be loaded is refused at once, with a sentence that says why."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rag.adapters.embedder import Runtime, load_cross_encoder
from rag.adapters.embedder.sentence_transformers import is_installed
from rag.ports.models import ModelLoadError
from tests.adapters.embedder.test_foreign_graphs import write_onnx
from tests.adapters.embedder.tiny_bert import write_json, write_tokenizer
from tests.adapters.embedder.tiny_cross_encoder import write_tiny_cross_encoder
from tests.adapters.embedder.written_onnx import write_onnx_that_mixes

OFFLINE = """
import sys
from pathlib import Path
from rag.adapters.embedder import load_cross_encoder
from rag.ports.models import ModelLoadError
try:
    load_cross_encoder(sys.argv[1], batch_size=4, threads=1, cache_dir=Path(sys.argv[2]))
except ModelLoadError as error:
    print("refused:", error)
"""


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    """Give the directory of a small cross-encoder with one label."""
    return write_tiny_cross_encoder(tmp_path / "judge")


def refuse(model: str | Path, words: str, *, runtime: Runtime = Runtime.AUTO) -> None:
    """Load `model` and expect a refusal in one line that says `words`."""
    with pytest.raises(ModelLoadError, match=words) as caught:
        load_cross_encoder(
            str(model), batch_size=4, threads=1, cache_dir=Path(model).parent / "cache", runtime=runtime
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("model", ["/nowhere/at/all", "./nowhere", "a/b/c"])
def test_a_missing_directory(model: str) -> None:
    """What looks like a path and is not there is never asked of the hub."""
    refuse(model, "no directory .* for the cross-encoder")


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_or_garbled_file(judge: Path, file: str) -> None:
    """The sentence names the file."""
    (judge / file).write_text("{", encoding="utf-8")
    refuse(judge, file)
    (judge / file).unlink()
    refuse(judge, file)


def test_an_embedding_model_is_no_cross_encoder(tiny: Path) -> None:
    """A model that makes vectors is told by its architecture."""
    refuse(tiny, "no cross-encoder: its config.json names BertModel")


def test_an_architecture_that_we_do_not_build(judge: Path) -> None:
    """The sentence says what would help: an ONNX file or the extra."""
    config = json.loads((judge / "config.json").read_bytes())
    write_json(judge / "config.json", config | {"model_type": "deberta-v2"})
    refuse(judge, r"'deberta-v2'.*model\.onnx.*\[torch\]", runtime=Runtime.OPENVINO)


@pytest.mark.skipif(is_installed(), reason="sentence-transformers is installed: nothing to refuse")
def test_the_extra_itself_is_missing(judge: Path) -> None:
    """Asking for torch without it says what to install."""
    refuse(judge, r"\[torch\]", runtime=Runtime.SENTENCE_TRANSFORMERS)


@pytest.mark.parametrize("runtime", [Runtime.AUTO, Runtime.NUMPY])
def test_three_labels(tmp_path: Path, runtime: Runtime) -> None:
    """A network that sorts into three kinds does not say which text is better."""
    directory = write_tiny_cross_encoder(tmp_path / "judge", labels=3)
    refuse(directory, r"shape \(1, 3\); .* one label or two", runtime=runtime)


def test_a_tokenizer_that_joins_no_pairs(judge: Path) -> None:
    """Without a mark between question and text the network could not tell them apart."""
    write_tokenizer(judge)
    refuse(judge, "joins two texts in a way")


def test_a_window_without_room(judge: Path) -> None:
    """A window that special tokens fill cannot judge anything."""
    write_json(judge / "tokenizer_config.json", {"model_max_length": 10})
    refuse(judge, "no room")


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        ("bert.pooler.dense.weight", "lack the tensor pooler"),
        ("classifier.bias", "lack the tensor classifier"),
        ("bert.embeddings.word_embeddings.weight", "lack the tensor embeddings"),
    ],
)
def test_a_missing_tensor(judge: Path, tensor: str, words: str) -> None:
    """The sentence names the tensor."""
    tensors = load_file(judge / "model.safetensors")
    del tensors[tensor]
    save_file(tensors, judge / "model.safetensors")
    refuse(judge, words)


def test_more_tokens_than_vectors(judge: Path) -> None:
    """A tokenizer of another model is refused."""
    tensors = load_file(judge / "model.safetensors")
    words = tensors["bert.embeddings.word_embeddings.weight"]
    tensors["bert.embeddings.word_embeddings.weight"] = np.ascontiguousarray(words[:-5])
    save_file(tensors, judge / "model.safetensors")
    refuse(judge, "more tokens than")


@pytest.mark.usefixtures("needs_openvino")
@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x08"])
def test_a_damaged_own_graph(judge: Path, content: bytes) -> None:
    """A file that OpenVINO cannot read is refused by name."""
    (judge / "model.onnx").write_bytes(content)
    refuse(judge, r"model\.onnx")


@pytest.mark.usefixtures("needs_openvino")
def test_a_graph_that_embeds(judge: Path) -> None:
    """A graph that gives token vectors does not give verdicts."""
    write_onnx(judge / "model.onnx")
    refuse(judge, "into logits")


@pytest.mark.usefixtures("needs_openvino")
def test_a_graph_that_mixes_pairs_up(judge: Path) -> None:
    """A graph that gives other rows than it takes is refused at the start, not at the first question."""
    write_onnx_that_mixes(judge / "model.onnx")
    refuse(judge, r"shape \(3, 1\); .* one label or two")


def test_a_name_that_only_the_hub_knows(tmp_path: Path) -> None:
    """Offline, a hub's name is refused at once; a bare name is looked for among the known cross-encoders."""
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hub"),
        "HOME": str(tmp_path),
    }
    arguments = [sys.executable, "-W", "error", "-c", OFFLINE, "ms-marco-MiniLM-L6-v2", str(tmp_path)]
    outcome = subprocess.run(
        arguments, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "refused: The cross-encoder 'ms-marco-MiniLM-L6-v2' is neither" in outcome.stdout
    assert "'cross-encoder/ms-marco-MiniLM-L6-v2'" in outcome.stdout
