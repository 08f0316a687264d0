"""How well are relevant texts found: dense, BM25, fused and judged, on public retrieval sets?

    python -m benchmarks.retrieval_quality [SET …] [--shared ../shared]

Every text of a set is one chunk. The whole path is the product's own: embedder, engine process, one batch
search, fusion, late interaction over the first twenty (`judged`), and that only where the first is no clear
winner (`auto`, the default). Measures come from ir-measures. Sets are read in place and never copied.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import ir_measures
from ir_measures import Measure, R, nDCG

from rag.adapters.embedded import EmbeddedServers
from rag.adapters.embedder import LateInteractionReranker, LocalEmbedder, load_embedder
from rag.adapters.qdrant import QdrantSearchIndex, connect
from rag.domain.documents import Chunk, chunk_id_for, document_id_for, sha256_hex
from rag.domain.intervals import mean_interval
from rag.domain.question import Filter, RerankMode, clean_question
from rag.domain.ranking import FusedCandidate, Passage, fuse
from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe, RankingRecipe
from rag.domain.reranking import RERANKED, SIMPLE_LEAD, rerank, wants_reranking
from rag.ports.search import Point

SETS = (
    "nfcorpus",
    "wiki_mix",
    "clapnq",
    "anthropic_docs",
    "medquad_mini",
    "pubmedqa",
    "xquad_en",
    "xquad_de",
    "xquad_es",
)
RANKINGS = ("dense", "bm25", "fused", "judged", "auto")
TOKEN_BYTES = 2 * 2**30  # each text is read once, however many questions find it
MEASURES = (nDCG @ 10, R @ 5)
DEPTH = 50
GENERATION = "rag-0001-benchmark"


@dataclass(frozen=True)
class RetrievalSet:
    """A corpus, its questions, and which texts answer them (BEIR's layout)."""

    texts: dict[str, str]
    questions: dict[str, str]
    judgements: dict[str, dict[str, int]]


def read_set(folder: Path) -> RetrievalSet:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`."""
    texts = {
        row["_id"]: f"{row.get('title') or ''}\n{row['text']}".strip()
        for row in _rows(folder / "corpus.jsonl")
    }
    judgements: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, text, grade = line.split("\t")
        judgements.setdefault(question, {})[text] = int(grade)
    questions = {
        row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl") if row["_id"] in judgements
    }
    return RetrievalSet(texts, questions, judgements)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


@contextmanager
def search_index(lexical: LexicalRecipe) -> Iterator[QdrantSearchIndex]:
    """Start an engine of our own in a temporary folder."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        servers = EmbeddedServers.hold(Path(folder), postgres=False)
        try:
            yield QdrantSearchIndex(connect(str(servers.engine_url), timeout_seconds=60), lexical=lexical)
        finally:
            servers.close()


def chunk_of(name: str, text: str) -> Chunk:
    """Make one chunk of a whole text."""
    document_id = document_id_for(name)
    return Chunk(
        id=chunk_id_for(document_id, content_hash=name, generation=GENERATION, ordinal=0),
        document_id=document_id,
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
        page=None,
        section=None,
        token_count=0,
        embedded_text=text,
        embedding_hash=sha256_hex(text.encode()),
    )


async def fill(
    index: QdrantSearchIndex, embedder: LocalEmbedder, texts: dict[str, str], lexical: LexicalRecipe
) -> dict[UUID, str]:
    """Index every text, and tell which chunk is which text."""
    recipe = IndexRecipe(ChunkingRecipe(), lexical, embedder.identity)
    await index.create(GENERATION, recipe)
    vectors = await embedder.embed(list(texts.values()))
    now = datetime.now(tz=UTC)
    points = [
        Point(chunk_of(name, text), vector, name, name, now, {})
        for (name, text), vector in zip(texts.items(), vectors, strict=True)
    ]
    await index.upsert(GENERATION, points)
    await index.switch(GENERATION)
    return {point.chunk.id: point.source for point in points}


@dataclass
class Findings:
    """Of every question: what each ranking gave, and how far the first stood above the second.

    Attributes:
        runs: ranking → question → text → score.
        leads: question → lead of the fused order.
    """

    runs: dict[str, dict[str, dict[str, float]]]
    leads: dict[str, float]


async def findings(
    index: QdrantSearchIndex, embedder: LocalEmbedder, asked: RetrievalSet, names: dict[UUID, str]
) -> Findings:
    """Ask every question, and judge the first passages of each once more."""
    runs: dict[str, dict[str, dict[str, float]]] = {name: {} for name in RANKINGS}
    leads = {}
    reranker = LateInteractionReranker(embedder)
    for number, text in asked.questions.items():
        question = clean_question(text)
        vector = await embedder.embed_question(question)
        rankings = await index.search(question, vector, limit=DEPTH, filter_by=Filter())
        for ranking in rankings:
            runs[ranking.name][number] = {names[c.chunk_id]: c.score for c in ranking.candidates}
        fused = fuse(rankings, limit=DEPTH)
        leads[number] = fused.lead
        runs["fused"][number] = {names[c.chunk_id]: c.score for c in fused.candidates}
        passages = [passage_of(candidate, names, asked.texts) for candidate in fused.candidates]
        judged = await reranker.score(question, [one.chunk.text for one in passages[:RERANKED]])
        final = rerank(passages, judged, weight=RankingRecipe().rerank_weight)
        # Beyond those that were judged all count 0, so places are written instead of scores.
        runs["judged"][number] = {one.source: float(-place) for place, one in enumerate(final)}
        simple = not wants_reranking(RerankMode.AUTO, lead=fused.lead)
        runs["auto"][number] = runs["fused" if simple else "judged"][number]
    return Findings(runs, leads)


def passage_of(candidate: FusedCandidate, names: dict[UUID, str], texts: dict[str, str]) -> Passage:
    """Give a candidate its text."""
    name = names[candidate.chunk_id]
    return Passage(chunk_of(name, texts[name]), name, name, GENERATION, candidate)


async def measure(folder: Path, embedder: LocalEmbedder) -> None:
    """Print one row a ranking: each measure's mean with its 95 % interval."""
    began = time.perf_counter()
    retrieval_set = read_set(folder)
    lexical = LexicalRecipe()
    with search_index(lexical) as index:
        names = await fill(index, embedder, retrieval_set.texts, lexical)
        found = await findings(index, embedder, retrieval_set, names)
    for ranking, run in found.runs.items():
        shown = "  ".join(shown_measure(measure, retrieval_set.judgements, run) for measure in MEASURES)
        print(f"{folder.name:16} {ranking:6} {shown}", flush=True)
    simple = sum(lead >= SIMPLE_LEAD for lead in found.leads.values()) / len(found.leads)
    size = f"{len(retrieval_set.texts)} texts, {len(retrieval_set.questions)} questions"
    print(
        f"{folder.name:16} {size}, {simple:.0%} of them simple, {time.perf_counter() - began:.0f} s",
        flush=True,
    )


def shown_measure(
    measure: Measure, judgements: dict[str, dict[str, int]], run: dict[str, dict[str, float]]
) -> str:
    """Measure by ir-measures, question by question, and put an interval around the mean."""
    values = [one.value for one in ir_measures.iter_calc([measure], judgements, run)]
    interval = mean_interval(values)
    return f"{measure} {interval.mean:.4f} [{interval.low:.3f}, {interval.high:.3f}]"


def main() -> None:
    """Read the arguments and measure set by set."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sets", nargs="*", default=SETS)
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    arguments.add_argument("--model", default="all-MiniLM-L6-v2")
    chosen = arguments.parse_args()
    if not (chosen.shared / "data").exists():
        print(f"not measured: the public sets are not at {chosen.shared}")
        return
    with tempfile.TemporaryDirectory() as cache:
        embedder = load_embedder(
            chosen.model, batch_size=32, threads=None, cache_dir=Path(cache), token_bytes=TOKEN_BYTES
        )
        print(f"model {embedder.identity.key}")
        for name in chosen.sets:
            asyncio.run(measure(chosen.shared / "data" / "retrieval" / name, embedder))
        embedder.close()


if __name__ == "__main__":
    main()
