"""A graph is built once, kept, and built again when what was kept cannot be trusted."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.adapters.embedder import graph_cache
from tests.adapters.embedder.conftest import Load

# Eight threads look at a tensor at the same moment, as soon as the model is loaded.
RUSH = """
import sys, threading
from pathlib import Path
from rag.adapters.embedder import load_embedder

embedder = load_embedder(sys.argv[1], batch_size=8, threads=2, cache_dir=Path(sys.argv[2]))
model, start = embedder._model.documents._requests._model, threading.Barrier(8)

def look():
    tensor = model.create_infer_request().get_input_tensor(0)
    start.wait()
    tensor.data

threads = [threading.Thread(target=look, daemon=True) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
embedder.close()
print("done")
"""

pytestmark = pytest.mark.usefixtures("needs_openvino")


@pytest.fixture
def cached(tiny: Path, load: Load, tmp_path: Path) -> Path:
    """Build the small model and give the directory where its graph is kept."""
    load(tiny)
    (directory,) = (path for path in (tmp_path / "cache").iterdir() if path.is_dir())
    return directory


def stamp(directory: Path) -> int:
    """Say which writing of the record this is."""
    return (directory / "build.json").stat().st_mtime_ns


async def test_a_second_load_reads_what_the_first_wrote(tiny: Path, load: Load, cached: Path) -> None:
    """The kept graph gives the same vectors and is not written again."""
    before = stamp(cached)
    first, second = load(tiny), load(tiny)
    np.testing.assert_array_equal(await first.embed(["a", "b c"]), await second.embed(["a", "b c"]))
    assert stamp(cached) == before


def test_the_record_says_what_was_built(cached: Path) -> None:
    """Beside the graph stand its weights' digest, precision, measured cosine, and who built it."""
    record = json.loads((cached / "build.json").read_bytes())
    assert record["precision"] in {"int8-openvino", "fp32"}
    assert record["cosine_min"] >= 0.99
    assert record["cosine_mean"] >= record["cosine_min"]
    assert {"builder", "openvino", "processor", "machine", "weights_sha256"} <= record["key"].keys()


@pytest.mark.parametrize(
    "damaged", ["graph.xml flipped", "graph.bin gone", "graph.bin cut", "graph.bin flipped", "build.json cut"]
)
def test_a_damaged_cache_is_rebuilt(tiny: Path, load: Load, cached: Path, damaged: str) -> None:
    """A missing, shortened or altered file is noticed, and the model still loads and is kept anew."""
    file, damage = damaged.split()
    content = (cached / file).read_bytes()
    if damage == "gone":
        (cached / file).unlink()
    elif damage == "cut":
        (cached / file).write_bytes(content[: len(content) // 2])
    else:
        (cached / file).write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    assert load(tiny).identity.dimension == 32
    assert {path.name for path in cached.iterdir()} == {"graph.xml", "graph.bin", "build.json"}
    assert json.loads((cached / "build.json").read_bytes())["key"]["builder"] == graph_cache.BUILDER


def test_another_builder_makes_another_graph(
    tiny: Path, load: Load, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph of an older builder is left alone and not used."""
    monkeypatch.setattr(graph_cache, "BUILDER", graph_cache.BUILDER + 1)
    load(tiny)
    assert len([path for path in cached.parent.iterdir() if path.is_dir()]) == 2


async def test_a_cache_that_cannot_be_written_is_no_obstacle(tiny: Path, load: Load, tmp_path: Path) -> None:
    """Where the cache's place is a file, the model is built in memory."""
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    assert (await load(tiny).embed(["text"])).shape == (1, 32)


@pytest.mark.usefixtures("cached")
def test_threads_that_start_together_do_not_hang(tiny: Path, tmp_path: Path) -> None:
    """After a load from the cache many threads may begin at once; OpenVINO's binding alone would hang."""
    arguments = [sys.executable, "-c", RUSH, str(tiny), str(tmp_path / "cache")]
    outcome = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    assert outcome.stdout.endswith("done\n")


def test_nothing_half_written_stays(cached: Path) -> None:
    """After a build the cache holds the graph and the digests, and no drafts."""
    assert {path.name for path in cached.parent.iterdir()} == {cached.name, "digests.json"}
