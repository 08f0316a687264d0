"""rag search: show which passages a question finds, and how each was found."""

import typer

from rag.domain.question import DEFAULT_TOP_K, Question, RerankMode
from rag.domain.ranking import Passage
from rag.domain.reranking import RERANK
from rag.domain.words import folded
from rag.interfaces.cli.options import (
    Json,
    MetadataPairs,
    Rerank,
    Sources,
    TopK,
    Words,
    examples,
    question_of,
)
from rag.interfaces.cli.output import note, say_json, say_table
from rag.interfaces.cli.session import application, run
from rag.interfaces.cli.shapes import passage_shape
from rag.interfaces.cli.sources import with_known_sources
from rag.services.stages import StageTimer

PREVIEW_CHARACTERS = 160


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        epilog=examples(
            'rag search "notice period"',
            'rag search "notice period" --top-k 20 --json',
        )
    )(search)


def search(
    words: Words,
    *,
    top_k: TopK = DEFAULT_TOP_K,
    source: Sources = None,
    metadata: MetadataPairs = None,
    rerank: Rerank = RerankMode.AUTO,
    as_json: Json = False,
) -> None:
    """Show which passages a question finds, without answering it.

    DENSE is the rank by meaning, BM25 the rank by words, COSINE how near the passage is to the question, and
    JUDGED what the reranker said of it, where one was asked.
    """
    question = question_of(words, top_k=top_k, sources=source, metadata=metadata, rerank=rerank)
    run(_search(question, as_json=as_json))


async def _search(question: Question, *, as_json: bool) -> None:
    async with application() as opened:
        question = await with_known_sources(question, opened.stores.library)
        passages = await opened.search(question, timer=StageTimer(opened.stores.clock))
    if as_json:
        say_json([passage_shape(passage, rank) for rank, passage in enumerate(passages, start=1)])
    elif not passages:
        note("Nothing was found.")
    else:
        say_table(
            ["RANK", "DENSE", "BM25", "COSINE", "JUDGED", "SOURCE", "SECTION", "TEXT"],
            [_row(passage, rank) for rank, passage in enumerate(passages, start=1)],
            folds=["SOURCE", "SECTION", "TEXT"],
        )


def _row(passage: Passage, rank: int) -> list[object]:
    ranks = dict(passage.candidate.ranks)
    cosine, judged = passage.candidate.raw_score("dense"), passage.candidate.raw_score(RERANK)
    text = folded(passage.chunk.text)
    return [
        rank,
        ranks.get("dense"),
        ranks.get("bm25"),
        None if cosine is None else f"{cosine:.2f}",
        None if judged is None else f"{judged:.2f}",
        passage.source if passage.chunk.page is None else f"{passage.source}, page {passage.chunk.page}",
        passage.chunk.section,
        text if len(text) <= PREVIEW_CHARACTERS else f"{text[:PREVIEW_CHARACTERS]}…",
    ]
