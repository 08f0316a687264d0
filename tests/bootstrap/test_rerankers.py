"""RERANKER_MODEL decides what judges passages, and a name that cannot be loaded stops the start."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rag.adapters.embedder import (
    CrossEncoderReranker,
    LateInteractionReranker,
    LocalEmbedder,
    Runtime,
    load_embedder,
)
from rag.bootstrap import Settings, load_settings
from rag.bootstrap.rerankers import close_with, load_reranker, reranker_name
from rag.ports.models import ModelLoadError, RerankerUnavailableError
from tests.adapters.embedder.tiny_bert import write_tiny_bert
from tests.adapters.embedder.tiny_cross_encoder import write_tiny_cross_encoder


@pytest.fixture
def embedder(tmp_path: Path) -> Iterator[LocalEmbedder]:
    """Load a small embedder."""
    directory = write_tiny_bert(tmp_path / "tiny")
    embedder = load_embedder(
        str(directory), batch_size=4, threads=1, cache_dir=tmp_path / "models", runtime=Runtime.NUMPY
    )
    yield embedder
    embedder.close()


def settings(tmp_path: Path, model: str | None = None) -> Settings:
    """Read settings that name `model`."""
    given = {"RAG_DATA_DIR": str(tmp_path), "RAG_INFERENCE_THREADS": "1"}
    return load_settings(given if model is None else given | {"RERANKER_MODEL": model})


async def test_late_interaction_is_the_default(tmp_path: Path, embedder: LocalEmbedder) -> None:
    """Without a setting, and by its name, the embedder's own tokens judge."""
    for model in (None, "", "late-interaction"):
        reranker = load_reranker(settings(tmp_path, model), embedder)
        assert isinstance(reranker, LateInteractionReranker)
        assert reranker_name(reranker) == "late-interaction"


def test_none_loads_nothing(tmp_path: Path, embedder: LocalEmbedder) -> None:
    """With `none`, passages keep their order."""
    reranker = load_reranker(settings(tmp_path, "none"), embedder)
    assert reranker is None
    assert reranker_name(reranker) == "none"


async def test_a_cross_encoder_by_its_directory(tmp_path: Path, embedder: LocalEmbedder) -> None:
    """A directory's cross-encoder judges, is known by its weights, and ends with the application."""
    directory = write_tiny_cross_encoder(tmp_path / "judge")
    async with AsyncExitStack() as stack:
        reranker = load_reranker(settings(tmp_path, str(directory)), embedder)
        close_with(stack, reranker)
        assert isinstance(reranker, CrossEncoderReranker)
        assert reranker_name(reranker).startswith("judge/")
        assert len(await reranker.score("a question", ["one", "two"])) == 2
    with pytest.raises(RerankerUnavailableError):
        await reranker.score("a question", ["one", "two"])


def test_a_name_that_cannot_be_loaded(tmp_path: Path, embedder: LocalEmbedder) -> None:
    """The error is one line that names the setting, its value and the reason."""
    with pytest.raises(ModelLoadError) as caught:
        load_reranker(settings(tmp_path, "/nowhere/judge"), embedder)
    assert str(caught.value) == (
        "RERANKER_MODEL=/nowhere/judge cannot be used: "
        "There is no directory '/nowhere/judge' for the cross-encoder."
    )
