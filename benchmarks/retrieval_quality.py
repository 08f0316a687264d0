"""How well are relevant texts found: dense, BM25 and fused, on public retrieval sets?

    python -m benchmarks.retrieval_quality [SET …] [--shared ../shared]

Every text of a set is one chunk. The whole path is the product's own: embedder, engine process, one batch
search, rank fusion. Measures come from ir-measures. Sets are read in place and never copied.
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
from ir_measures import R, nDCG

from rag.adapters.embedded import EmbeddedServers
from rag.adapters.embedder import LocalEmbedder, load_embedder
from rag.adapters.qdrant import QdrantSearchIndex, connect
from rag.domain.documents import Chunk, chunk_id_for, document_id_for, sha256_hex
from rag.domain.question import Filter, clean_question
from rag.domain.ranking import Ranking, fuse
from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe
from rag.ports.search import Point

SETS = ("nfcorpus", "wiki_mix", "clapnq", "anthropic_docs", "medquad_mini", "xquad_en")
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
    with tempfile.TemporaryDirectory() as folder:
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


async def runs(
    index: QdrantSearchIndex, embedder: LocalEmbedder, questions: dict[str, str], names: dict[UUID, str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Ask every question, and give ranking → question → text → score."""
    found: dict[str, dict[str, dict[str, float]]] = {"dense": {}, "bm25": {}, "fused": {}}
    for number, text in questions.items():
        question = clean_question(text)
        vector = await embedder.embed_question(question)
        rankings = await index.search(question, vector, limit=DEPTH, filter_by=Filter())
        for ranking in rankings:
            found[ranking.name][number] = _scores(ranking, names)
        fused = fuse(rankings, limit=DEPTH).candidates
        found["fused"][number] = {names[c.chunk_id]: c.score for c in fused}
    return found


def _scores(ranking: Ranking, names: dict[UUID, str]) -> dict[str, float]:
    return {names[candidate.chunk_id]: candidate.score for candidate in ranking.candidates}


async def measure(folder: Path, embedder: LocalEmbedder) -> None:
    """Print one row a ranking."""
    began = time.perf_counter()
    retrieval_set = read_set(folder)
    lexical = LexicalRecipe()
    with search_index(lexical) as index:
        names = await fill(index, embedder, retrieval_set.texts, lexical)
        found = await runs(index, embedder, retrieval_set.questions, names)
    for ranking, run in found.items():
        scores = ir_measures.calc_aggregate(MEASURES, retrieval_set.judgements, run)
        shown = "  ".join(f"{measure} {scores[measure]:.4f}" for measure in MEASURES)
        print(f"{folder.name:16} {ranking:6} {shown}", flush=True)
    size = f"{len(retrieval_set.texts)} texts, {len(retrieval_set.questions)} questions"
    print(f"{folder.name:16} {size}, {time.perf_counter() - began:.0f} s", flush=True)


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
        embedder = load_embedder(chosen.model, batch_size=32, threads=None, cache_dir=Path(cache))
        print(f"model {embedder.identity.key}")
        for name in chosen.sets:
            asyncio.run(measure(chosen.shared / "data" / "retrieval" / name, embedder))
        embedder.close()


if __name__ == "__main__":
    main()
