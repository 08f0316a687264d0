"""How does a model's name become an embedder?"""

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Final, Self

import numpy as np
import structlog

from rag.adapters.embedder.batching import Frame
from rag.adapters.embedder.calibrated import FP32, Built, Encoder, build_graph
from rag.adapters.embedder.digests import weights_sha256
from rag.adapters.embedder.graph_cache import cache_for
from rag.adapters.embedder.layout import Layout, read_layout
from rag.adapters.embedder.local import LoadedModel, LocalEmbedder
from rag.adapters.embedder.model_files import ModelFiles, find_model
from rag.adapters.embedder.network import Network
from rag.adapters.embedder.openvino_network import Graph, import_openvino, read_foreign_graph
from rag.adapters.embedder.sentence_transformers import PRECISION as TORCH
from rag.adapters.embedder.sentence_transformers import SentenceTransformersNetwork, is_installed
from rag.adapters.embedder.token_vectors import DEFAULT_BYTES, TokenVectors
from rag.adapters.embedder.weights import BertWeights, read_weights
from rag.adapters.embedder.wordpieces import WordPieces
from rag.domain.recipe import ModelIdentity
from rag.ports.models import ModelLoadError

AS_SHIPPED: Final = "as-shipped"

WEIGHTS: Final = "model.safetensors"
_OWN_GRAPHS: Final = ("openvino_model.xml", "model.onnx")
# A clone of a hub's repository holds these besides the weights; int8 from the weights is faster than most.
_GRAPHS_WITHOUT_WEIGHTS: Final = ("openvino/openvino_model.xml", "onnx/model.onnx")

_log = structlog.get_logger(__name__)


class Runtime(StrEnum):
    """What runs the network; AUTO takes OpenVINO where it is installed and can run the model."""

    AUTO = "auto"
    OPENVINO = "openvino"
    NUMPY = "numpy"
    SENTENCE_TRANSFORMERS = "sentence-transformers"


@dataclass(frozen=True, slots=True)
class _Running:
    """A network once for documents and once for questions, and what it is."""

    documents: Network
    questions: Network
    precision: str
    weights_sha256: str
    threads: int


def load_embedder(
    model: str,
    *,
    batch_size: int,
    threads: int | None,
    cache_dir: Path,
    runtime: Runtime = Runtime.AUTO,
    token_bytes: int = DEFAULT_BYTES,
) -> LocalEmbedder:
    """This will load `model`: a directory, the name of an installed wheel's model, or one of the model hub's.

    The first load of a model builds its graph, which takes seconds, and keeps it in `cache_dir`.
    `threads` None means one for each core that this process may use; `token_bytes` bounds what is kept of
    texts that were compared with questions.

    Raises:
        ModelLoadError: it is nowhere, damaged, or of a kind that needs the extra `[torch]`.
    """
    loading = _Loading.of(find_model(model), cache_dir=cache_dir, threads=threads or cores())
    layout, pieces, running = loading.layout, loading.pieces, loading.run(runtime)
    identity = ModelIdentity(
        name=loading.files.name,
        precision=running.precision,
        fingerprint=running.weights_sha256[:12],
        dimension=running.documents.dimension,
        window_tokens=layout.window,
    )
    _log.info("embedder_loaded", model=identity.key, dimension=identity.dimension, threads=running.threads)
    loaded = LoadedModel(
        identity=identity,
        pieces=pieces,
        documents=running.documents,
        questions=running.questions,
        document_frame=_frame(pieces, layout, layout.document_prompt),
        question_frame=_frame(pieces, layout, layout.question_prompt),
        padding_id=layout.padding_id,
    )
    return LocalEmbedder(
        loaded, batch_size=batch_size, threads=running.threads, token_vectors=TokenVectors(token_bytes)
    )


def openvino_for(runtime: Runtime) -> ModuleType | None:
    """This will import OpenVINO, or give None where it is not wanted or not installed.

    Raises:
        ModelLoadError: it is asked for by name, and not installed.
    """
    openvino = None if runtime is Runtime.NUMPY else import_openvino()
    if runtime is Runtime.OPENVINO and openvino is None:
        raise ModelLoadError("OpenVINO is asked for, but it is not installed here.")
    return openvino


def own_graph(directory: Path, *, buildable: bool) -> Path | None:
    """This will find the graph that a directory brings; a clone's counts only where no weights are built."""
    whole = buildable and (directory / WEIGHTS).is_file()
    names = _OWN_GRAPHS if whole else _OWN_GRAPHS + _GRAPHS_WITHOUT_WEIGHTS
    return next((directory / name for name in names if (directory / name).is_file()), None)


def verify_vocabulary(pieces: WordPieces, weights: BertWeights) -> None:
    """This will compare a tokenizer with the weights that it feeds.

    Raises:
        ModelLoadError: it knows tokens that have no vector.
    """
    if pieces.vocabulary_size() > len(weights.words):
        raise ModelLoadError("The tokenizer knows more tokens than the weights have vectors for.")


@dataclass(frozen=True, slots=True)
class _Loading:
    """One model on its way into memory."""

    files: ModelFiles
    layout: Layout
    pieces: WordPieces
    cache_dir: Path
    threads: int

    @classmethod
    def of(cls, files: ModelFiles, *, cache_dir: Path, threads: int) -> Self:
        """Read the small files that decide how the large one is used."""
        layout = read_layout(files.directory)
        return cls(files, layout, WordPieces(files.directory), cache_dir, threads)

    def run(self, runtime: Runtime) -> _Running:
        """Take the runtime asked for, or the first that can run this model."""
        if runtime is Runtime.SENTENCE_TRANSFORMERS:
            return self._torch()
        openvino = openvino_for(runtime)
        graph = own_graph(self.files.directory, buildable=True)
        if graph is not None and openvino is not None and self.layout.pooling is not None:
            return self._foreign(openvino, graph)
        if self.layout.obstacle:
            return self._unbuildable(runtime)
        return self._bert(openvino)

    def _foreign(self, openvino: ModuleType, path: Path) -> _Running:
        assert self.layout.pooling is not None  # noqa: S101 - the caller looked
        graph = read_foreign_graph(openvino, path, self.layout.pooling)
        numbers = path.with_suffix(".bin") if path.suffix == ".xml" else path
        digest = weights_sha256(numbers, cache_dir=self.cache_dir)
        return self._compiled(graph, AS_SHIPPED, digest)

    def _unbuildable(self, runtime: Runtime) -> _Running:
        if runtime is Runtime.AUTO and is_installed():
            return self._torch()
        raise ModelLoadError(
            f"The model {self.files.name!r} cannot be built here: {self.layout.obstacle}. "
            "Install the extra `[torch]` (rag-system[torch]), which runs any model."
        )

    def _torch(self) -> _Running:
        network = SentenceTransformersNetwork(self.files.directory)
        digest = weights_sha256(self.files.directory / WEIGHTS, cache_dir=self.cache_dir)
        # torch spreads a batch over the cores by itself.
        return _Running(network, network, TORCH, digest, threads=1)

    def _bert(self, openvino: ModuleType | None) -> _Running:
        weights = self.files.directory / WEIGHTS
        if not weights.is_file():
            raise ModelLoadError(f"The model directory {self.files.directory.name} holds no {WEIGHTS}.")
        digest = weights_sha256(weights, cache_dir=self.cache_dir)
        if self.files.expected_sha256 not in (None, digest):
            raise ModelLoadError(
                f"The weights of {self.files.name!r} are not the published ones: their sha256 begins with "
                f"{digest[:12]}, not with {str(self.files.expected_sha256)[:12]}. Install the package again."
            )
        if openvino is None:
            network = self._encoder().numpy_network()
            # numpy's own threads share one product; more of ours would only fight with them.
            return _Running(network, network, FP32, digest, threads=1)
        built = self._graph(openvino, digest)
        return self._compiled(built.graph, built.precision, digest)

    def _graph(self, openvino: ModuleType, digest: str) -> Built:
        cache = cache_for(
            openvino, self.layout, name=self.files.name, weights_sha256=digest, root=self.cache_dir
        )
        cached = cache.load(openvino)
        if cached is not None:
            return cached
        _log.info("embedder_building", model=self.files.name, cache=str(cache.directory))
        built = build_graph(openvino, self._encoder())
        stored = cache.load(openvino) if cache.store(openvino, built) else None
        # Read again from disk, the weights are mapped and not held twice.
        return stored or built

    def _encoder(self) -> Encoder:
        layout = self.layout
        if layout.shape is None or layout.pooling is None:
            raise ModelLoadError(f"The model {self.files.name!r} cannot be built here: {layout.obstacle}.")
        weights = read_weights(self.files.directory / WEIGHTS, layout.shape)
        verify_vocabulary(self.pieces, weights)
        frame = _frame(self.pieces, layout, "")
        return Encoder(weights, layout.shape, layout.pooling, self.pieces, frame)

    def _compiled(self, graph: Graph, precision: str, digest: str) -> _Running:
        documents, questions = graph.compile(streams=self.threads), graph.compile(streams=1)
        return _Running(documents, questions, precision, digest, self.threads)


def cores() -> int:
    """This will count the cores that this process may use; where a system cannot say, it counts them all."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _frame(pieces: WordPieces, layout: Layout, prompt: str) -> Frame:
    before = np.concatenate([pieces.before, *(pieces.ids([prompt]) if prompt else [])])
    if len(before) + len(pieces.after) >= layout.window:
        raise ModelLoadError(f"A window of {layout.window} tokens leaves no room for text.")
    return Frame(before, pieces.after, layout.window)
