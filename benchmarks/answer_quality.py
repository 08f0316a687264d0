"""How well are questions answered, declined and cited, on public sets with answers?

    python -m benchmarks.answer_quality [SET …] [--shared ../shared] [--rows FILE]

The whole path is the product's own: a throw-away library with embedded servers takes the set's texts in, and
every question is searched for and answered. `clapnq` has questions without an answer, and the sentences that
hold the others; `xquad_en` the place of the answer in its paragraph. Sets are read in place and never copied.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.bootstrap import Application, load_settings
from rag.bootstrap.evaluation import corpus_on_disk, open_throwaway
from rag.domain.evidence import best_cosine
from rag.domain.extract import Sentence, merits_of
from rag.domain.question import Question, RerankMode, clean_question
from rag.domain.ranking import Passage
from rag.domain.reranking import RERANK
from rag.domain.words import folded
from rag.services.ask import AskQuestion
from rag.services.stages import StageTimer

SETS = ("clapnq", "xquad_en")


@dataclass(frozen=True)
class Asked:
    """A question of a set, and what holds its answer: places in texts, or whole sentences."""

    question: str
    answerable: bool
    texts: frozenset[str]
    sentences: tuple[str, ...]
    start: int | None


@dataclass(frozen=True)
class Row:
    """What came of a question.

    Attributes:
        right: of the sentences in order of merit, whether each holds the answer.
        cited: of the answer's citations, whether each holds it.
        signals: what may tell whether the question can be answered.
    """

    question: str
    answerable: bool
    found: bool
    abstained: bool
    right: tuple[bool, ...]
    cited: tuple[bool, ...]
    signals: dict[str, float]


def questions_of(folder: Path) -> Iterator[Asked]:
    """Read the questions that the set keeps."""
    kept = {row["_id"] for row in _rows(folder / "queries.jsonl")}
    for row in _rows(folder / "qa.jsonl"):
        if row["_id"] in kept:
            given = [one for some in row.get("evidence_sentences") or [] for one in _flat(some)]
            starts = row.get("answer_starts") or [None]
            yield Asked(
                question=clean_question(row["question"]),
                answerable=bool(row.get("answerable", True)),
                texts=frozenset(row.get("gold_ids") or ()),
                sentences=tuple(folded(one) for one in given),
                start=starts[0],
            )


def _flat(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def holds(asked: Asked, source: str, text: str, start: int) -> bool:
    """Tell whether a piece of a text holds the answer, or a sentence that does."""
    if source not in asked.texts:
        return False
    if asked.sentences:
        said = folded(text)
        return any(said in sentence or sentence in said for sentence in asked.sentences)
    return asked.start is not None and start <= asked.start < start + len(text)


async def answered(application: Application, asked: Asked) -> Row:
    """Ask one question, and look at every sentence that could have been the answer."""
    question = Question.of(asked.question, rerank=RerankMode.ALWAYS)
    record = await application.ask_unlogged(question, request_id="benchmark")
    passages = await application.search(question, timer=StageTimer(application.stores.clock), repeated=False)
    ranked = await _ranked_sentences(application.ask_unlogged, question, passages)
    return Row(
        question=asked.question,
        answerable=asked.answerable,
        found=any(passage.source in asked.texts for passage in passages),
        abstained=record.answer.abstained,
        right=tuple(holds(asked, one.passage.source, one.text, one.start) for one, _ in ranked[:5]),
        cited=tuple(holds(asked, one.source, one.text, one.span.start) for one in record.answer.citations),
        signals=_signals(passages, [score for _, score in ranked]),
    )


def _signals(passages: Sequence[Passage], scores: Sequence[float]) -> dict[str, float]:
    judged = [score for one in passages if (score := one.candidate.raw_score(RERANK)) is not None]
    words = [score for one in passages if (score := one.candidate.raw_score("bm25")) is not None]
    return {
        "cosine": best_cosine(passages) or -1.0,
        "first_cosine": passages[0].candidate.raw_score("dense") or -1.0,
        "passage": max(judged, default=-1.0),
        "sentence": max(scores, default=-1.0),
        "words": max(words, default=0.0),
    }


async def _ranked_sentences(
    ask: AskQuestion, question: Question, passages: Sequence[Passage]
) -> Sequence[tuple[Sentence, float]]:
    sentences = ask.sentences(question, passages)
    scores = await ask.reranker.score(question.text, [one.text for one in sentences])
    merits = merits_of(sentences, scores)
    order = sorted(range(len(sentences)), key=lambda at: -merits[at])
    return [(sentences[at], scores[at]) for at in order]


async def measure(folder: Path) -> Sequence[Row]:
    """Take the set in, and ask every question."""
    questions = list(questions_of(folder))
    async with open_throwaway(load_settings()) as application:
        files = corpus_on_disk(folder)
        assert files is not None, f"{folder} has no corpus.jsonl"
        async for outcome in application.ingest(files):
            assert outcome.error is None, outcome.error
        return [await answered(application, asked) for asked in questions]


def show(name: str, rows: Sequence[Row]) -> None:
    """Print hits, citations and the curve of abstention."""
    asked = [row for row in rows if row.answerable]
    print(f"{name}: {len(asked)} answerable, {len(rows) - len(asked)} not")
    print(f"  its text among the passages  {share([row.found for row in asked]):.3f}")
    for depth in (1, 2):
        print(f"  hit@{depth} of the sentence      {share([any(row.right[:depth]) for row in asked]):.3f}")
    cited = [right for row in asked for right in row.cited]
    print(f"  citations that hold it       {share(cited):.3f} of {len(cited)}")
    print(f"  answers with one that does   {share([any(row.cited) for row in asked]):.3f}")
    print(f"  answerable and declined      {share([row.abstained for row in asked]):.3f}")
    others = [row for row in rows if not row.answerable]
    if others:
        print(f"  not answerable and declined  {share([row.abstained for row in others]):.3f}")
        for signal in rows[0].signals:
            print(f"  {signal:13} AUC {area(asked, others, signal):.3f}")


def share(values: Sequence[bool]) -> float:
    """Give the share of those that are true."""
    return sum(values) / max(len(values), 1)


def area(yes: Sequence[Row], no: Sequence[Row], signal: str) -> float:
    """Give the chance that an answerable question has the higher signal (area under the ROC curve)."""
    pairs = [(a.signals[signal], b.signals[signal]) for a in yes for b in no]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def main() -> None:
    """Read the arguments and measure set by set."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sets", nargs="*", default=SETS)
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    arguments.add_argument("--rows", type=Path, help="where to write what came of each question, as JSON")
    chosen = arguments.parse_args()
    if not (chosen.shared / "data").exists():
        print(f"not measured: the public sets are not at {chosen.shared}")
        return
    kept = {}
    for name in chosen.sets:
        rows = asyncio.run(measure(chosen.shared / "data" / "retrieval" / name))
        show(name, rows)
        kept[name] = [asdict(row) for row in rows]
    if chosen.rows:
        chosen.rows.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
