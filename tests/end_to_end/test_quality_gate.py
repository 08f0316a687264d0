"""The project's own questions, over its own pages: no change may make the answers worse."""

from pathlib import Path

import pytest

from tests.adapters.embedder.tiny_bert import write_tiny_bert
from tests.support.terminal import Finished, Terminal, fresh_data_dir

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
HOW_TO_SET_ONE = "./rag evaluate --corpus docs --set-baseline"
FEWER = "40"  # cases suffice to see that an index is bad


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the project's own pages."""
    data_dir = fresh_data_dir(tmp_path_factory)
    done = Terminal(data_dir)("ingest", str(DOCS))
    assert done.code == 0, done.err
    return data_dir


@pytest.fixture(scope="module")
def kept(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Path]:
    """How `rag evaluate` ended, and where it kept the run."""
    path = tmp_path_factory.mktemp("runs") / "run.json"
    return Terminal(data_dir)("evaluate", "--save", str(path), "--json"), path


def test_the_answers_are_not_below_the_baseline(kept: tuple[Finished, Path]) -> None:
    """The gate: what fails here is a loss, or a baseline that has to be set anew on purpose."""
    done, _ = kept
    assert done.code == 0, done.json["reasons"] if done.out else done.err
    assert done.json["differences"], f"there is no baseline; set one: {HOW_TO_SET_ONE}"
    assert done.json["passed"] is True


def assert_caught(done: Finished) -> None:
    """Check that the gate failed for what the answers are, and not for anything else."""
    assert done.code == 1, done.err
    assert any("fell from" in reason for reason in done.json["reasons"])


def test_tiny_chunks_are_caught(
    data_dir: Path, kept: tuple[Finished, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same pages, cut into pieces of 16 tokens."""
    monkeypatch.setenv("RAG_CHUNK_SIZE", "16")
    monkeypatch.setenv("RAG_CHUNK_OVERLAP", "0")
    assert_caught(measured_anew(data_dir, against=kept[1]))


def test_a_model_that_learned_nothing_is_caught(
    data_dir: Path, kept: tuple[Finished, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same chunks, embedded by random numbers."""
    monkeypatch.setenv("EMBEDDING_MODEL", str(write_tiny_bert(tmp_path / "model")))
    assert_caught(measured_anew(data_dir, against=kept[1]))


def measured_anew(data_dir: Path, *, against: Path) -> Finished:
    """Measure a library of its own, with the settings as they are."""
    fewer = ("--limit", FEWER, "--baseline", str(against))
    return Terminal(data_dir)("evaluate", "--corpus", str(DOCS), *fewer, "--json")


def test_a_ranking_without_words_is_caught(
    data_dir: Path, kept: tuple[Finished, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same index with vectors alone, and no BM25; only all cases together show it."""
    monkeypatch.setenv("RAG_DENSE_WEIGHT", "1")
    assert_caught(Terminal(data_dir)("evaluate", "--baseline", str(kept[1]), "--json"))
