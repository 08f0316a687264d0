"""A network that reads question and text together scores every text, whole, whatever runs it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.adapters.embedder import CrossEncoderReranker, Runtime, load_cross_encoder
from rag.adapters.embedder.cross_encoder.pairs import PairFrame, verdicts
from rag.adapters.embedder.network import TokenIds
from rag.adapters.embedder.openvino_network import import_openvino
from rag.adapters.embedder.wordpieces import Joint
from rag.ports.models import EmbedderUnavailableError, RerankerUnavailableError, Vectors
from tests.adapters.embedder.tiny_bert import POSITIONS, write_json
from tests.adapters.embedder.tiny_cross_encoder import write_tiny_cross_encoder
from tests.adapters.embedder.written_onnx import write_onnx_cross_encoder

LoadCrossEncoder = Callable[..., CrossEncoderReranker]

QUESTION = "what is it?"
TEXTS = ["a short text", "an answer: 42", "", "x" * 20, "long words " * 40, "an answer: 43"]
SPECIALS = 3


@pytest.fixture
def load_judge(tmp_path: Path) -> Iterator[LoadCrossEncoder]:
    """Give a function that loads a cross-encoder, and closes it afterwards."""
    opened: list[CrossEncoderReranker] = []

    def load(
        directory: Path, *, runtime: Runtime = Runtime.AUTO, batch_size: int = 8
    ) -> CrossEncoderReranker:
        reranker = load_cross_encoder(
            str(directory), batch_size=batch_size, threads=2, cache_dir=tmp_path / "cache", runtime=runtime
        )
        opened.append(reranker)
        return reranker

    yield load
    for reranker in opened:
        reranker.close()


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    """Give the directory of a small cross-encoder with one label."""
    return write_tiny_cross_encoder(tmp_path / "judge")


@pytest.mark.usefixtures("needs_openvino")
@pytest.mark.parametrize("labels", [1, 2])
async def test_every_format_gives_the_same_scores(
    tmp_path: Path, load_judge: LoadCrossEncoder, labels: int
) -> None:
    """Weights under numpy and OpenVINO, an ONNX file and an OpenVINO file are one network."""
    directory = write_tiny_cross_encoder(tmp_path / "weights", labels=labels)
    plain = await load_judge(directory, runtime=Runtime.NUMPY).score(QUESTION, TEXTS)
    assert len(set(plain)) == len(TEXTS)
    assert all(0 < score < 1 for score in plain)
    np.testing.assert_allclose(await load_judge(directory).score(QUESTION, TEXTS), plain, atol=1e-5)
    own = write_tiny_cross_encoder(tmp_path / "onnx", labels=labels)
    write_onnx_cross_encoder(own / "model.onnx", own / "model.safetensors")
    (own / "model.safetensors").unlink()
    np.testing.assert_allclose(await load_judge(own).score(QUESTION, TEXTS), plain, atol=1e-5)
    openvino = import_openvino()
    assert openvino is not None
    model = openvino.Core().read_model(own / "model.onnx")
    openvino.save_model(model, own / "openvino_model.xml", compress_to_fp16=False)
    (own / "model.onnx").unlink()
    np.testing.assert_allclose(await load_judge(own).score(QUESTION, TEXTS), plain, atol=1e-5)


async def test_torch_gives_the_same_scores(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """With the extra installed, the same directory gives the same scores under torch."""
    pytest.importorskip("sentence_transformers", reason="the extra [torch] is not installed")
    torch = await load_judge(judge, runtime=Runtime.SENTENCE_TRANSFORMERS).score(QUESTION, TEXTS)
    plain = await load_judge(judge, runtime=Runtime.NUMPY).score(QUESTION, TEXTS)
    np.testing.assert_allclose(torch, plain, atol=1e-5)


@pytest.mark.usefixtures("needs_openvino")
async def test_any_architecture_may_bring_its_own_graph(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """A network that we could not build runs from the folder `onnx`, even with its weights beside it."""
    plain = await load_judge(judge, runtime=Runtime.NUMPY).score(QUESTION, TEXTS)
    write_onnx_cross_encoder(judge / "onnx" / "model.onnx", judge / "model.safetensors")
    assert load_judge(judge).identity.split("/")[1] == "fp32"  # a BERT is built from its weights
    write_json(judge / "config.json", {"model_type": "xlm-roberta", "max_position_embeddings": POSITIONS})
    other = load_judge(judge)
    assert other.identity.split("/")[1] == "as-shipped"
    np.testing.assert_allclose(await other.score(QUESTION, TEXTS), plain, atol=1e-5)


async def test_scores_follow_their_texts(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """In any order of the texts, alone or together, in batches of any size, a text's score is its own."""
    reranker = load_judge(judge)
    scores = await reranker.score(QUESTION, TEXTS)
    np.testing.assert_allclose(await reranker.score(QUESTION, TEXTS[::-1]), scores[::-1], atol=1e-5)
    alone = [(await reranker.score(QUESTION, [text]))[0] for text in TEXTS]
    np.testing.assert_allclose(alone, scores, atol=1e-5)
    for batch_size in (1, 3, 100):
        other = await load_judge(judge, batch_size=batch_size).score(QUESTION, TEXTS)
        np.testing.assert_allclose(other, scores, atol=1e-5)


async def test_question_and_text_are_told_apart(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """The network knows which of the two is the question, and another question gives other scores."""
    reranker = load_judge(judge)
    (one,), (other,) = await reranker.score("ab", ["cd"]), await reranker.score("cd", ["ab"])
    assert abs(one - other) > 1e-3


async def test_nothing_to_score(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """No texts give no scores; empty texts and questions, and halves of characters, give finite ones."""
    reranker = load_judge(judge)
    assert list(await reranker.score(QUESTION, [])) == []
    assert np.isfinite(await reranker.score("", ["", "text", "\ud800"])).all()


async def test_the_best_window_of_a_long_text_counts(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """A text of several windows has the score that its best window has alone."""
    reranker = load_judge(judge)
    words = ["abcdefghijklmnopqrstuvwxyz0123456789"[(7 * n * n) % 36] for n in range(150)]
    room = POSITIONS - SPECIALS - len("abc")
    pieces = [" ".join(piece) for piece in np.array_split(words, -(-len(words) // room))]
    assert len(pieces) == 4
    (whole,) = await reranker.score("a b c", [" ".join(words)])
    alone = await reranker.score("a b c", pieces)
    assert abs(whole - max(alone)) < 1e-5
    assert whole - min(alone) > 1e-3


async def test_a_long_question_is_read_to_its_end(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """A question that fills the window is taken in parts, whose scores are averaged."""
    reranker = load_judge(judge)
    parts = [" ".join("abcdefghijklmnopqrst"), " ".join("uvwxyz0123456789abcd")]
    (whole,) = await reranker.score(" ".join(parts), ["text"])
    alone = [(await reranker.score(part, ["text"]))[0] for part in parts]
    assert abs(whole - sum(alone) / 2) < 1e-5


async def test_many_callers_at_once(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """Callers at the same moment each get their own scores."""
    reranker = load_judge(judge)
    questions = [f"question {n}" for n in range(20)]
    together = await asyncio.gather(*(reranker.score(question, TEXTS) for question in questions))
    for question, scores in list(zip(questions, together, strict=True))[::5]:
        np.testing.assert_allclose(await reranker.score(question, TEXTS), scores, atol=1e-5)


async def test_a_closed_reranker_says_so(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """After close nothing is scored, what waited fails, and closing again is harmless."""
    reranker = load_judge(judge)
    waiting = [asyncio.ensure_future(reranker.score(QUESTION, TEXTS * 20)) for _ in range(4)]
    await asyncio.sleep(0)
    await asyncio.to_thread(reranker.close)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert any(isinstance(outcome, RerankerUnavailableError) for outcome in outcomes)
    assert all(isinstance(outcome, list | RerankerUnavailableError) for outcome in outcomes)
    reranker.close()
    with pytest.raises(RerankerUnavailableError, match="judge did not answer: The model is closed"):
        await reranker.score(QUESTION, TEXTS)


async def test_a_network_that_fails(judge: Path, load_judge: LoadCrossEncoder) -> None:
    """What a runtime says reaches the caller as our error, and the next call is served again."""
    reranker = load_judge(judge)
    working = reranker._model

    def fails(ids: TokenIds, mask: TokenIds, types: TokenIds) -> Vectors:
        raise EmbedderUnavailableError(f"torch failed on {ids.shape}, {mask.shape}, {types.shape}")

    def overflows(ids: TokenIds, mask: TokenIds, types: TokenIds) -> Vectors:
        return working.network(ids, mask, types) * np.float32(np.nan)

    for network, words in ((fails, "torch failed"), (overflows, "no number")):
        reranker._model = replace(working, network=network)
        with pytest.raises(RerankerUnavailableError, match=words):
            await reranker.score(QUESTION, TEXTS)
    reranker._model = working
    assert len(await reranker.score(QUESTION, TEXTS)) == len(TEXTS)


async def test_the_identity_says_which_weights(tmp_path: Path, load_judge: LoadCrossEncoder) -> None:
    """Name and fingerprint come from the directory, and other weights have another fingerprint."""
    one = load_judge(write_tiny_cross_encoder(tmp_path / "one"))
    other = load_judge(write_tiny_cross_encoder(tmp_path / "other", seed=8))
    assert (one.name, other.name) == ("one", "other")
    assert one.identity.split("/")[-1] != other.identity.split("/")[-1]


def _ids(count: int) -> TokenIds:
    return np.arange(100, 100 + count, dtype=np.int64)


@given(st.integers(0, 60), st.lists(st.integers(0, 200), max_size=5), st.integers(11, 64))
def test_nothing_is_cut_off(question: int, lengths: Sequence[int], window: int) -> None:
    """Every token of the text stands beside every token of the question once, and no row is too long."""
    special = [np.array([n], dtype=np.int64) for n in (2, 3, 4)]
    frame = PairFrame(Joint(special[0], special[1], special[2], second_type=1), window, padding_id=0)
    pairs = frame.pairs(_ids(question), [_ids(length) for length in lengths])
    parts = len(pairs.weights)
    assert sum(pairs.weights) == max(question, 1)
    for text, length in enumerate(lengths):
        for part in range(parts):
            rows = [w for w in pairs.windows if w.text == part * len(lengths) + text]
            assert [i for w in rows for i in w.ids[w.first : w.last]] == list(_ids(length))
    for row in pairs.windows:
        assert len(row.ids) <= window
        ids, mask, types = frame.batch([row])
        assert (types[0, : row.first] == 0).all()
        assert (types[0, row.first : len(row.ids)] == 1).all()
        assert types[0, len(row.ids) :].sum() == mask[0, len(row.ids) :].sum() == 0
        assert ids.shape == mask.shape == types.shape


def test_verdicts_of_one_label_and_of_two() -> None:
    """One logit passes the logistic function; of two, the second's share counts; nothing overflows."""
    one = verdicts(np.array([[0.0], [2.0], [-1e4], [1e4]], dtype=np.float32))
    np.testing.assert_allclose(one, [0.5, 1 / (1 + np.exp(-2)), 0, 1])
    two = verdicts(np.array([[1.0, 3.0], [3.0, 1.0]], dtype=np.float32))
    np.testing.assert_allclose(
        two, [np.exp(3) / (np.exp(1) + np.exp(3)), np.exp(1) / (np.exp(1) + np.exp(3))]
    )
