"""rag ask: answer a question from the documents."""

import typer

from rag.domain.answer import Citation
from rag.domain.question import DEFAULT_TOP_K, Question, RerankMode
from rag.interfaces.cli.options import (
    Json,
    MetadataPairs,
    Rerank,
    Session,
    Sources,
    TopK,
    Words,
    examples,
    question_of,
)
from rag.interfaces.cli.output import note, say, say_json, say_paragraph
from rag.interfaces.cli.session import application, request_id, run
from rag.interfaces.cli.shapes import answer_shape
from rag.interfaces.cli.sources import with_known_sources
from rag.ports.journal import QueryRecord


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        epilog=examples(
            'rag ask "How many days of leave do I have?"',
            'rag ask "How many days of leave do I have?" --source leave/rules.md --json',
            'rag ask "Who signs contracts?" --metadata department=legal --top-k 10',
            'rag ask "And in summer?" --session lunch',
        )
    )(ask)


def ask(  # noqa: PLR0913 - one for each option of the command
    words: Words,
    *,
    top_k: TopK = DEFAULT_TOP_K,
    source: Sources = None,
    metadata: MetadataPairs = None,
    session: Session = None,
    rerank: Rerank = RerankMode.AUTO,
    as_json: Json = False,
) -> None:
    """Answer a question from the documents, with citations.

    When the documents hold no answer, it says so and cites nothing; that is exit code 0 as well.
    """
    question = question_of(
        words, top_k=top_k, sources=source, metadata=metadata, session=session, rerank=rerank
    )
    run(_ask(question, as_json=as_json))


async def _ask(question: Question, *, as_json: bool) -> None:
    async with application() as opened:
        question = await with_known_sources(question, opened.stores.library)
        record = await opened.ask(question, request_id=request_id())
    if as_json:
        say_json(answer_shape(record))
    else:
        say_answer(record)
        sure = "" if record.answer.confidence is None else f"confidence {record.answer.confidence:.2f} · "
        note(f"{sure}query log {record.id}", dim=True)


def say_answer(record: QueryRecord) -> None:
    """This will print an answer, and below it what it cites."""
    if record.read_as:
        note(f"Read as: {record.read_as}")
    say_paragraph(record.answer.text)
    for citation in record.answer.citations:
        say()
        say(f"[{citation.number}] {_place(citation)}")
        say_paragraph(f"“{' '.join(citation.text.split())}”", indent=4, style="italic")
    if record.answer.degraded:
        note(f"Made without: {', '.join(record.answer.degraded)}.")


def _place(citation: Citation) -> str:
    page = f"page {citation.page}" if citation.page else None
    return ", ".join(part for part in (citation.source, page, citation.section) if part)
