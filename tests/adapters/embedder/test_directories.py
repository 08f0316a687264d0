"""A directory with a BERT of any pooling is built here, and OpenVINO computes what numpy does."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rag.adapters.embedder import Runtime
from rag.ports.models import ModelLoadError
from tests.adapters.embedder.conftest import Load
from tests.adapters.embedder.tiny_bert import HIDDEN, WINDOW, write_json, write_tiny_bert

TEXTS = ["a short text", "another one, somewhat longer than the first", "", "x" * 30, "many words " * 40]


@pytest.mark.usefixtures("needs_openvino")
@pytest.mark.parametrize("pooling", ["cls_token", "mean_tokens"])
@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
async def test_openvino_agrees_with_numpy(tmp_path: Path, load: Load, pooling: str, activation: str) -> None:
    """Both runtimes give the same vectors, as exactly as the precision they name."""
    directory = write_tiny_bert(tmp_path / "model", pooling=pooling, activation=activation)
    fast, plain = load(directory), load(directory, runtime=Runtime.NUMPY)
    cosine = ((await fast.embed(TEXTS)) * (await plain.embed(TEXTS))).sum(axis=1)
    assert plain.identity.precision == "fp32"
    assert cosine.min() > {"fp32": 0.99999, "int8-openvino": 0.98}[fast.identity.precision]


async def test_identity_says_what_the_directory_holds(tiny: Path, load: Load) -> None:
    """Name, dimension and window come from the files, the fingerprint from the weights."""
    identity = load(tiny).identity
    assert (identity.name, identity.dimension, identity.window_tokens) == ("tiny", HIDDEN, WINDOW)
    assert len(identity.fingerprint) == 12


async def test_cls_and_mean_pooling_differ(tmp_path: Path, load: Load) -> None:
    """The pooling that the directory asks for is the one that is used."""
    cls = load(write_tiny_bert(tmp_path / "cls"), runtime=Runtime.NUMPY)
    mean = load(write_tiny_bert(tmp_path / "mean", pooling="mean_tokens"), runtime=Runtime.NUMPY)
    assert float((await cls.embed_question("text")) @ (await mean.embed_question("text"))) < 0.99


async def test_old_tensor_names_are_understood(tmp_path: Path, tiny: Path, load: Load) -> None:
    """Weights under `bert.` with gamma and beta are the same model."""
    old = write_tiny_bert(tmp_path / "old", prefix="bert.")
    tensors = load_file(old / "model.safetensors")
    renamed = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
        for name, value in tensors.items()
    }
    save_file(renamed, old / "model.safetensors")
    new_vectors = await load(tiny, runtime=Runtime.NUMPY).embed(TEXTS)
    np.testing.assert_array_equal(await load(old, runtime=Runtime.NUMPY).embed(TEXTS), new_vectors)


async def test_prompts_of_the_model_are_put_before_texts(tmp_path: Path, tiny: Path, load: Load) -> None:
    """A model that wants `query: ` before questions gets it, and documents get theirs."""
    prompted = write_tiny_bert(tmp_path / "prompted")
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    write_json(prompted / "config_sentence_transformers.json", prompts)
    wants, plain = load(prompted, runtime=Runtime.NUMPY), load(tiny, runtime=Runtime.NUMPY)
    question, document = await wants.embed_question("words"), (await wants.embed(["words"]))[0]
    np.testing.assert_allclose(question, await plain.embed_question("query: words"), atol=1e-6)
    np.testing.assert_allclose(document, await plain.embed_question("passage: words"), atol=1e-6)


async def test_half_precision_weights_are_widened(tmp_path: Path, tiny: Path, load: Load) -> None:
    """Weights stored as fp16 give nearly the same vectors."""
    half = write_tiny_bert(tmp_path / "half")
    tensors = load_file(half / "model.safetensors")
    save_file({name: value.astype(np.float16) for name, value in tensors.items()}, half / "model.safetensors")
    one, other = load(half, runtime=Runtime.NUMPY), load(tiny, runtime=Runtime.NUMPY)
    assert ((await one.embed(TEXTS)) * (await other.embed(TEXTS))).sum(axis=1).min() > 0.999


def test_a_window_without_room_is_refused(tiny: Path, load: Load) -> None:
    """A window that special tokens fill cannot embed anything."""
    write_json(tiny / "sentence_bert_config.json", {"max_seq_length": 2})
    with pytest.raises(ModelLoadError, match="no room"):
        load(tiny)
