"""How does a test get a small cross-encoder of its own: real files, random numbers?"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, processors

from tests.adapters.embedder.tiny_bert import HIDDEN, write_json, write_tiny_bert


def write_tiny_cross_encoder(directory: Path, *, labels: int = 1, seed: int = 7) -> Path:
    """Write a directory with a BertForSequenceClassification, as the hub holds them."""
    write_tiny_bert(directory, seed=seed)
    for name in ("modules.json", "sentence_bert_config.json", "1_Pooling/config.json"):
        (directory / name).unlink()
    random = np.random.default_rng(seed)
    tensors = {f"bert.{name}": value for name, value in load_file(directory / "model.safetensors").items()}
    for name, rows in (("bert.pooler.dense", HIDDEN), ("classifier", labels)):
        tensors[f"{name}.weight"] = (0.3 * random.standard_normal((rows, HIDDEN))).astype(np.float32)
        tensors[f"{name}.bias"] = (0.1 * random.standard_normal(rows)).astype(np.float32)
    save_file(tensors, directory / "model.safetensors")
    config = json.loads((directory / "config.json").read_bytes())
    config |= {
        "architectures": ["BertForSequenceClassification"],
        "id2label": {str(n): f"LABEL_{n}" for n in range(labels)},
        "hidden_act": "gelu",
    }
    write_json(directory / "config.json", config)
    joins_pairs(directory)
    return directory


def joins_pairs(directory: Path) -> None:
    """Let the directory's tokenizer join two texts as BERT's does."""
    path = str(directory / "tokenizer.json")
    tokenizer = Tokenizer.from_file(path)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.save(path)
