"""How does a test get a small BERT of its own: real files, random numbers?"""

import json
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HIDDEN: Final = 32
INNER: Final = 64
LAYERS: Final = 2
POSITIONS: Final = 48
WINDOW: Final = 40
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789.,;:!?%$#()/'\"-"


def write_tiny_bert(
    directory: Path, *, pooling: str = "cls_token", activation: str = "gelu", prefix: str = "", seed: int = 7
) -> Path:
    """Write a model directory in the layout of sentence-transformers."""
    directory.mkdir(parents=True, exist_ok=True)
    vocabulary = write_tokenizer(directory)
    tensors = _tensors(vocabulary, np.random.default_rng(seed))
    save_file({f"{prefix}{name}": value for name, value in tensors.items()}, directory / "model.safetensors")
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_act": activation,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "max_position_embeddings": POSITIONS,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "vocab_size": vocabulary,
    }
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling")])
    ]
    write_json(directory / "config.json", config)
    write_json(directory / "modules.json", modules)
    write_json(
        directory / "1_Pooling" / "config.json",
        {"word_embedding_dimension": HIDDEN, f"pooling_mode_{pooling}": True},
    )
    write_json(directory / "sentence_bert_config.json", {"max_seq_length": WINDOW})
    return directory


def write_json(path: Path, content: object) -> None:
    """Write `content`, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def write_tokenizer(directory: Path) -> int:
    """Write a WordPiece tokenizer whose pieces are single characters; give the size of its vocabulary."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_LETTERS, *(f"##{letter}" for letter in _LETTERS)]
    tokenizer = Tokenizer(
        models.WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]")  # noqa: S106 - a token
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    # As published models do: a tokenizer that would cut and pad if it were left as it is.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(directory / "tokenizer.json"))
    return len(pieces)


def _tensors(vocabulary: int, random: np.random.Generator) -> dict[str, npt.NDArray[np.float32]]:
    tensors: dict[str, npt.NDArray[np.float32]] = {}

    def add(name: str, *shape: int, around: float = 0.0, spread: float = 0.3) -> None:
        tensors[name] = (around + spread * random.standard_normal(shape)).astype(np.float32)

    def norm(name: str) -> None:
        add(f"{name}.weight", HIDDEN, around=1.0, spread=0.1)
        add(f"{name}.bias", HIDDEN, spread=0.1)

    def linear(name: str, rows: int, columns: int) -> None:
        add(f"{name}.weight", rows, columns)
        add(f"{name}.bias", rows, spread=0.1)

    add("embeddings.word_embeddings.weight", vocabulary, HIDDEN, spread=1.0)
    add("embeddings.position_embeddings.weight", POSITIONS, HIDDEN)
    add("embeddings.token_type_embeddings.weight", 2, HIDDEN)
    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        place = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            linear(f"{place}.attention.self.{part}", HIDDEN, HIDDEN)
        linear(f"{place}.attention.output.dense", HIDDEN, HIDDEN)
        norm(f"{place}.attention.output.LayerNorm")
        linear(f"{place}.intermediate.dense", INNER, HIDDEN)
        linear(f"{place}.output.dense", HIDDEN, INNER)
        norm(f"{place}.output.LayerNorm")
    return tensors
