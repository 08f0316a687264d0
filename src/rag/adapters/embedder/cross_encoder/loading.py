"""How does a cross-encoder's name become a reranker?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from rag.adapters.embedder.calibrated import FP32
from rag.adapters.embedder.cross_encoder.networks import (
    NumpyPairNetwork,
    PairNetwork,
    TorchPairNetwork,
    built_network,
    own_network,
)
from rag.adapters.embedder.cross_encoder.pairs import PairFrame
from rag.adapters.embedder.cross_encoder.reranker import CrossEncoderReranker, LoadedCrossEncoder
from rag.adapters.embedder.digests import weights_sha256
from rag.adapters.embedder.layout import Layout, read_json, read_layout
from rag.adapters.embedder.loading import (
    AS_SHIPPED,
    WEIGHTS,
    Runtime,
    cores,
    openvino_for,
    own_graph,
    verify_vocabulary,
)
from rag.adapters.embedder.model_files import CROSS_ENCODER, ModelFiles, find_model
from rag.adapters.embedder.sentence_transformers import PRECISION as TORCH
from rag.adapters.embedder.sentence_transformers import is_installed
from rag.adapters.embedder.weights import BertWeights, PairHead, read_pair_weights
from rag.adapters.embedder.wordpieces import WordPieces
from rag.ports.models import EmbedderUnavailableError, ModelLoadError

_JUDGE: Final = "ForSequenceClassification"
# One pair, and one label or two.
_VERDICTS: Final = ((1, 1), (1, 2))

_log = structlog.get_logger(__name__)


def load_cross_encoder(
    name_or_directory: str,
    *,
    batch_size: int,
    threads: int | None,
    cache_dir: Path,
    runtime: Runtime = Runtime.AUTO,
) -> CrossEncoderReranker:
    """This will load a cross-encoder: a directory, or a name that the model hub knows.

    A directory holds `config.json`, `tokenizer.json` and the network: its own `model.onnx` or
    `openvino_model.xml`, used as it is, or the weights of a BertForSequenceClassification as
    `model.safetensors`. The weights of other networks want the extra `[torch]`. `cache_dir` keeps the
    weights' digests. `threads` None means one for each core that this process may use.

    Raises:
        ModelLoadError: it is nowhere, damaged, no cross-encoder, or of a kind that needs the extra `[torch]`.
    """
    files = find_model(name_or_directory, CROSS_ENCODER)
    layout = read_layout(files.directory)
    _look_at_architecture(files)
    pieces = WordPieces(files.directory)
    frame = PairFrame(pieces.joint(), layout.window, layout.padding_id)
    try:
        running = _Loading(files, layout, pieces, threads or cores()).run(runtime)
        _look_at_labels(running.network, pieces, frame)
    except EmbedderUnavailableError as error:
        raise ModelLoadError(f"The cross-encoder {files.name!r} does not run: {error}") from error
    digest = weights_sha256(running.path, cache_dir=cache_dir)
    loaded = LoadedCrossEncoder(
        name=files.name,
        identity=f"{files.name}/{running.precision}/{digest[:12]}",
        pieces=pieces,
        frame=frame,
        network=running.network,
    )
    _log.info("reranker_loaded", model=loaded.identity, window=layout.window, threads=running.threads)
    return CrossEncoderReranker(loaded, batch_size=batch_size, threads=running.threads)


@dataclass(frozen=True, slots=True)
class _Running:
    """A network, its arithmetic, the file that its numbers come from, and how many threads feed it."""

    network: PairNetwork
    precision: str
    path: Path
    threads: int


@dataclass(frozen=True, slots=True)
class _Loading:
    """One cross-encoder on its way into memory."""

    files: ModelFiles
    layout: Layout
    pieces: WordPieces
    threads: int

    def run(self, runtime: Runtime) -> _Running:
        """Take the runtime asked for, or the first that can run this model."""
        if runtime is Runtime.SENTENCE_TRANSFORMERS:
            return self._torch()
        openvino = openvino_for(runtime)
        graph = own_graph(self.files.directory, buildable=self.layout.shape is not None)
        if graph is not None and openvino is not None:
            network = own_network(openvino, graph, threads=self.threads)
            numbers = graph.with_suffix(".bin") if graph.suffix == ".xml" else graph
            return _Running(network, AS_SHIPPED, numbers, self.threads)
        weights = self.files.directory / WEIGHTS
        if self.layout.shape is None:
            return self._unbuildable(runtime)
        parts = self._parts(weights)
        if openvino is None:
            # numpy's own threads share one product; more of ours would only fight with them.
            return _Running(NumpyPairNetwork(*parts, self.layout.shape), FP32, weights, threads=1)
        built = built_network(openvino, parts, self.layout.shape, threads=self.threads)
        return _Running(built, FP32, weights, self.threads)

    def _parts(self, weights: Path) -> tuple[BertWeights, PairHead]:
        assert self.layout.shape is not None  # noqa: S101 - the caller looked
        if not weights.is_file():
            raise ModelLoadError(
                f"The model directory {weights.parent.name} holds neither model.onnx nor {WEIGHTS}."
            )
        encoder, head = read_pair_weights(weights, self.layout.shape)
        verify_vocabulary(self.pieces, encoder)
        return encoder, head

    def _unbuildable(self, runtime: Runtime) -> _Running:
        if runtime is Runtime.AUTO and is_installed():
            return self._torch()
        raise ModelLoadError(
            f"The cross-encoder {self.files.name!r} cannot be built here: {self.layout.obstacle}. "
            "Put its model.onnx into the directory, or install the extra `[torch]` (rag-system[torch])."
        )

    def _torch(self) -> _Running:
        network = TorchPairNetwork(self.files.directory)
        # torch spreads a batch over the cores by itself.
        return _Running(network, TORCH, self.files.directory / WEIGHTS, threads=1)


def _look_at_architecture(files: ModelFiles) -> None:
    stated = read_json(files.directory / "config.json").get("architectures")
    names = [str(name) for name in stated] if isinstance(stated, list) else []
    if names and not any(name.endswith(_JUDGE) for name in names):
        raise ModelLoadError(
            f"The model {files.name!r} is no cross-encoder: its config.json names {', '.join(names)}, "
            f"and not a network whose name ends in {_JUDGE}."
        )


def _look_at_labels(network: PairNetwork, pieces: WordPieces, frame: PairFrame) -> None:
    """Judge one pair, so that a network that does not fit is found at the start."""
    question, text = pieces.ids(["a", "a"])
    logits = network(*frame.batch(frame.pairs(question, [text]).windows))
    if logits.shape not in _VERDICTS:
        raise ModelLoadError(
            f"For one pair the model gives numbers of shape {logits.shape}; a cross-encoder that ranks gives "
            "one label or two: (1, 1) or (1, 2)."
        )
