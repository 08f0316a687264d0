"""What do the files beside a model's weights say about it: shape, pooling, window, prompts?"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias, cast

from rag.ports.models import ModelLoadError

Json: TypeAlias = dict[str, object]

_DEFAULT_WINDOW: Final = 512
# Tokenizers without a limit of their own write a number like 1e30 here.
_LARGEST_WINDOW: Final = 100_000
_SUPPORTED_MODULES: Final = {"Transformer", "Pooling", "Normalize"}
_ACTIVATIONS: Final = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


class Pooling(StrEnum):
    """How token vectors become one: their mean, or the first token's."""

    MEAN = "mean"
    CLS = "cls"


@dataclass(frozen=True, slots=True)
class BertShape:
    """The measures of a BERT encoder.

    Attributes:
        gelu: `erf` for the exact form of GELU, `tanh` for its usual approximation.
    """

    layers: int
    heads: int
    hidden: int
    inner: int
    positions: int
    epsilon: float
    gelu: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model directory holds.

    Attributes:
        shape: None when the network is not a BERT encoder that we can build.
        pooling: None when vectors are made in a way that we do not know.
        obstacle: one sentence that says why `shape` or `pooling` is None; else empty.
        window: the longest input in tokens, special tokens included.
        question_prompt, document_prompt: words that the model wants before a text; mostly empty.
    """

    directory: Path
    shape: BertShape | None
    pooling: Pooling | None
    obstacle: str
    window: int
    padding_id: int
    question_prompt: str
    document_prompt: str


def read_layout(directory: Path) -> Layout:
    """This will read the directory's configuration files.

    Raises:
        ModelLoadError: `config.json` is missing, or a file is not JSON.
    """
    config = read_json(directory / "config.json")
    if not config:
        raise ModelLoadError(f"The model directory {directory.name} holds no config.json.")
    shape, obstacle = _shape(config)
    pooling, other = _pooling(directory)
    question, document = _prompts(directory)
    return Layout(
        directory=directory,
        shape=shape,
        pooling=pooling,
        obstacle=obstacle or other,
        window=_window(directory, config),
        padding_id=_integer(config, "pad_token_id", 0),
        question_prompt=question,
        document_prompt=document,
    )


def read_json(path: Path) -> Json:
    """This will read a JSON object, or give an empty one where there is no such file.

    Raises:
        ModelLoadError: the file is not a JSON object.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelLoadError(f"The model's file {path.name} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise ModelLoadError(f"The model's file {path.name} is not a JSON object.")
    return cast("Json", content)


def _integer(config: Json, key: str, default: int) -> int:
    value = config.get(key)
    return int(value) if isinstance(value, int | float) else default


def _shape(config: Json) -> tuple[BertShape | None, str]:
    kind, activation = config.get("model_type"), str(config.get("hidden_act", "gelu"))
    if kind != "bert":
        return None, f"its architecture is {kind!r}"
    if activation not in _ACTIVATIONS:
        return None, f"its activation is {activation!r}"
    if config.get("position_embedding_type", "absolute") != "absolute":
        return None, "its positions are not absolute"
    epsilon = config.get("layer_norm_eps", 1e-12)
    try:
        shape = BertShape(
            layers=int(cast("int", config["num_hidden_layers"])),
            heads=int(cast("int", config["num_attention_heads"])),
            hidden=int(cast("int", config["hidden_size"])),
            inner=int(cast("int", config["intermediate_size"])),
            positions=int(cast("int", config["max_position_embeddings"])),
            epsilon=float(cast("float", epsilon)),
            gelu=_ACTIVATIONS[activation],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelLoadError(f"The model's config.json lacks or garbles {error}.") from error
    return shape, ""


def _pooling(directory: Path) -> tuple[Pooling | None, str]:
    modules = _modules(directory)
    unknown = [kind for kind, _ in modules if kind not in _SUPPORTED_MODULES]
    if unknown:
        return None, f"its vectors pass through {unknown[0]!r}"
    place = next((path for kind, path in modules if kind == "Pooling"), "1_Pooling")
    config = read_json(directory / place / "config.json")
    modes = {key for key, value in config.items() if key.startswith("pooling_mode_") and value is True}
    if modes == {"pooling_mode_cls_token"}:
        return Pooling.CLS, ""
    # A directory that says nothing of pooling holds a bare encoder; the mean is the custom there.
    if modes in ({"pooling_mode_mean_tokens"}, set()):
        return Pooling.MEAN, ""
    return None, f"its pooling is {', '.join(sorted(modes))}"


def _modules(directory: Path) -> list[tuple[str, str]]:
    path = directory / "modules.json"
    if not path.is_file():
        return []
    try:
        content = json.loads(path.read_bytes())
        return [(str(module["type"]).rsplit(".", 1)[-1], str(module["path"])) for module in content]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelLoadError(f"The model's file modules.json cannot be read: {error}") from error


def _window(directory: Path, config: Json) -> int:
    positions = _integer(config, "max_position_embeddings", _DEFAULT_WINDOW)
    stated = _integer(read_json(directory / "sentence_bert_config.json"), "max_seq_length", 0)
    if not stated:
        stated = _integer(read_json(directory / "tokenizer_config.json"), "model_max_length", 0)
    return min(stated, positions) if 0 < stated <= _LARGEST_WINDOW else positions


def _prompts(directory: Path) -> tuple[str, str]:
    prompts = read_json(directory / "config_sentence_transformers.json").get("prompts")
    if not isinstance(prompts, dict):
        return "", ""
    return str(prompts.get("query") or ""), str(prompts.get("document") or prompts.get("passage") or "")
