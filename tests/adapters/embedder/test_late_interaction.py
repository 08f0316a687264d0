"""The text that answers a question scores highest, token by token."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rag.adapters.embedder import LateInteractionReranker, LocalEmbedder
from rag.adapters.embedder.late_interaction import token_weights
from rag.adapters.embedder.local import Matches

TEXTS = [
    "The invoice must be paid within thirty days of receipt.",
    "Penguins breed on the sea ice in the dark of winter.",
    "A refund is sent to the card that paid, within five working days.",
]
SAMPLE = 80


def xquad(folder: Path) -> Iterator[tuple[str, list[str], int]]:
    """Give questions, the sentences of the passage that answers them, and which sentence does."""
    passages = {}
    for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        passage = json.loads(line)
        passages[passage["_id"]] = passage["text"]
    for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines()[::5]:
        case = json.loads(line)
        text, answer = passages[case["gold_ids"][0]], case["answer_starts"][0]
        ends = [match.end() for match in re.finditer(r"(?<=[a-z0-9)\]\"][.!?])\s+(?=[A-Z\"])", text)]
        starts = [0, *ends]
        sentences = [text[a:b] for a, b in zip(starts, [*ends, len(text)], strict=True)]
        yield case["question"], sentences, sum(start <= answer for start in ends)


async def test_the_answer_scores_highest(minilm: LocalEmbedder) -> None:
    """Each question prefers the text that answers it, in any order of the texts."""
    reranker = LateInteractionReranker(minilm)
    for question, best in [("how do I get my money back?", 2), ("when do I have to pay?", 0)]:
        scores = await reranker.score(question, TEXTS)
        assert int(np.argmax(scores)) == best
        assert int(np.argmax(await reranker.score(question, TEXTS[::-1]))) == 2 - best
        assert all(-1 <= score <= 1 for score in scores)


async def test_a_text_that_repeats_the_question_scores_nearly_one(minilm: LocalEmbedder) -> None:
    """Nothing answers a question better than its own words."""
    question = "The invoice must be paid within thirty days of receipt."
    scores = await LateInteractionReranker(minilm).score(question, TEXTS)
    assert scores[0] > 0.95
    assert max(scores[1:]) < 0.8


async def test_the_end_of_a_long_text_is_read(minilm: LocalEmbedder) -> None:
    """An answer behind the first window counts as much as one before it."""
    filler = "The museum holds forty thousand objects, most of them coins. " * 40
    question = "how do I get my money back?"
    behind, never = await LateInteractionReranker(minilm).score(question, [f"{filler} {TEXTS[2]}", filler])
    assert behind > never + 0.1


async def test_a_question_that_fills_pages_is_compared_by_its_beginning(minilm: LocalEmbedder) -> None:
    """What that costs does not grow with what somebody pastes."""
    matches = await minilm.match("when do I have to pay? " + "penguin " * 2000, TEXTS)
    assert matches.best.shape == matches.present.shape == (len(TEXTS), 256)


async def test_nothing_to_score(minilm: LocalEmbedder) -> None:
    """No texts give no scores; empty texts and questions give finite ones."""
    reranker = LateInteractionReranker(minilm)
    assert list(await reranker.score("a question", [])) == []
    assert np.isfinite(await reranker.score("", TEXTS)).all()
    scores = await reranker.score("when do I have to pay?", ["", TEXTS[0]])
    assert scores[1] > scores[0]


def test_rare_tokens_weigh_more() -> None:
    """A token that every text holds weighs less than one that few hold, and the weights sum to 1."""
    present = np.array([[True, True], [True, False], [True, False]])
    weights = token_weights(Matches(np.array([5, 6]), np.zeros((3, 2), dtype=np.float32), present))
    assert weights[1] > 5 * weights[0]
    assert abs(float(weights.sum()) - 1) < 1e-6


async def test_sentences_of_xquad(minilm: LocalEmbedder, shared_data: Path) -> None:
    """Within the passage that answers, the sentence that does is found most of the time (.82 over all)."""
    reranker = LateInteractionReranker(minilm)
    right = 0
    cases = list(xquad(shared_data / "xquad_en"))[:SAMPLE]
    for question, sentences, answer in cases:
        right += int(np.argmax(await reranker.score(question, sentences))) == answer
    assert right / len(cases) > 0.75
