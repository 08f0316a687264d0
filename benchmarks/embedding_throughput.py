"""How many chunks does one CPU-second embed: int8 against our own fp32, and against sentence-transformers?

    python -m benchmarks.embedding_throughput [--model all-MiniLM-L6-v2] [--rounds 5] [--chunks 64]

Every runtime embeds the same chunks in the same batches in one thread, in turns, so that a busy machine
slows all of them alike. Printed are medians over the rounds, ratios to fp32, and the cosine to it.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rag.adapters.embedder import LocalEmbedder, load_embedder
from rag.adapters.embedder.batching import Frame, Window, batches, padded
from rag.adapters.embedder.calibrated import Encoder
from rag.adapters.embedder.calibration import calibration_texts, held_out_texts
from rag.adapters.embedder.layout import Layout, read_layout
from rag.adapters.embedder.model_files import find_model
from rag.adapters.embedder.network import Network
from rag.adapters.embedder.openvino_graph import GraphBuilder
from rag.adapters.embedder.openvino_network import Graph, import_openvino
from rag.adapters.embedder.sentence_transformers import SentenceTransformersNetwork, is_installed
from rag.adapters.embedder.weights import read_weights
from rag.adapters.embedder.wordpieces import WordPieces
from rag.ports.models import Vectors

BATCH_SIZE = 32
CHUNK_WORDS = 115  # about 150 to 160 tokens


@dataclass
class Runner:
    """One runtime with what was measured of it."""

    name: str
    network: Network
    chunks_per_cpu_second: list[float] = field(default_factory=list)
    question_ms: list[float] = field(default_factory=list)
    vectors: Vectors | None = None


def chunks(count: int) -> list[str]:
    """Give `count` texts of CHUNK_WORDS words out of the texts that ship with the embedder."""
    words = " ".join((*calibration_texts(), *held_out_texts())).split()
    endless = itertools.cycle(words)
    return [" ".join(itertools.islice(endless, CHUNK_WORDS + n % 11 - 5)) for n in range(count)]


def encoder(model: str) -> tuple[Encoder, Layout]:
    """Read the model's weights."""
    directory = find_model(model).directory
    layout, pieces = read_layout(directory), WordPieces(directory)
    assert layout.shape is not None, layout.obstacle
    assert layout.pooling is not None, layout.obstacle
    weights = read_weights(directory / "model.safetensors", layout.shape)
    frame = Frame(pieces.before, pieces.after, layout.window)
    return Encoder(weights, layout.shape, layout.pooling, pieces, frame), layout


def runners(model: str, embedder: LocalEmbedder, whole: Encoder) -> list[Runner]:
    """Give fp32 first, then what the product runs, then the peer where it is installed."""
    openvino = import_openvino()
    if openvino is None:
        plain: Network = whole.numpy_network()
    else:
        graph = GraphBuilder(openvino, whole.weights, whole.shape).build(whole.pooling)
        plain = Graph(openvino, graph).compile(streams=1)
    found = [Runner("fp32", plain), Runner(embedder.identity.precision, embedder._model.questions)]  # noqa: SLF001 - the compiled network itself is measured
    if is_installed():
        found.append(
            Runner("sentence-transformers", SentenceTransformersNetwork(find_model(model).directory))
        )
    else:
        print("sentence-transformers: not measured, the extra [torch] is not installed")
    return found


def spent(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Measure one call."""
    began = clock()
    work()
    return clock() - began


def measure(runner: Runner, groups: list[list[Window]], question: list[Window], layout: Layout) -> None:
    """Embed all groups once, and one question a few times."""

    def run(group: list[Window]) -> Vectors:
        ids, mask = padded(group, padding_id=layout.padding_id, longest=layout.window)
        return runner.network(ids, mask).sentences

    rows: list[Vectors] = []
    seconds = spent(lambda: rows.extend(run(group) for group in groups), time.process_time)
    runner.vectors = np.concatenate(rows)
    runner.chunks_per_cpu_second.append(len(runner.vectors) / seconds)
    runner.question_ms += [spent(lambda: run(question), time.perf_counter) * 1000 for _ in range(5)]


def report(found: list[Runner], tokens: float) -> None:
    """Print one line a runtime."""
    base = found[0]
    assert base.vectors is not None
    print(f"chunks of {tokens:.0f} tokens, one thread, medians of {len(base.chunks_per_cpu_second)} rounds")
    for runner in found:
        assert runner.vectors is not None
        ratios = map(np.divide, runner.chunks_per_cpu_second, base.chunks_per_cpu_second)
        cosine = (runner.vectors * base.vectors).sum(axis=1)
        print(
            f"{runner.name:24} {statistics.median(runner.chunks_per_cpu_second):7.1f} chunks/CPU-s"
            f"  x{statistics.median(map(float, ratios)):.2f}"
            f"  question {statistics.median(runner.question_ms):.2f} ms"
            f"  cosine to fp32 {cosine.mean():.4f}, worst {cosine.min():.4f}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunks", type=int, default=64)
    chosen = parser.parse_args()
    whole, layout = encoder(chosen.model)
    windows = whole.windows(chunks(chosen.chunks))
    groups = batches(windows, batch_size=BATCH_SIZE)
    question = whole.windows(["How long may I carry over unused days of leave?"])
    with tempfile.TemporaryDirectory() as cache:
        embedder = load_embedder(chosen.model, batch_size=BATCH_SIZE, threads=1, cache_dir=Path(cache))
        found = runners(chosen.model, embedder, whole)
        for number in range(chosen.rounds + 1):
            for runner in found:
                measure(runner, groups, question, layout)
                if number == 0:  # the first visit to a shape compiles it
                    runner.chunks_per_cpu_second.clear()
                    runner.question_ms.clear()
        report(found, statistics.mean(len(window.ids) for window in windows))
        embedder.close()


if __name__ == "__main__":
    main()
