"""rag replay: ask a past question again, and see what has changed."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rag.interfaces.cli.commands.ask import say_answer
from rag.interfaces.cli.live_shapes import replay_shape
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import say, say_json, say_paragraph, say_table
from rag.interfaces.cli.session import application, run

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.domain.comparison import CitationChange
    from rag.ports.journal import QueryRecord
    from rag.services.replay_question import Replay, Rerun

EXAMPLE_ID = "b8a0d9f4-2f0b-4b0a-9f6c-7c1f3a5e2d90"
Id = Annotated[
    UUID,
    typer.Argument(metavar="QUERY_LOG_ID", help="The answer's id; `rag feedback review` shows it."),
]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(epilog=examples(f"rag replay {EXAMPLE_ID}", f"rag replay {EXAMPLE_ID} --json"))(replay)


def replay(query_log_id: Id, as_json: Json = False) -> None:
    """Ask a past question again: of the index and with the ranking that it had, and of today's.

    It shows the answer of then, both answers of now, and which citations came, went or moved. Where the
    index or the models of then are gone, it says which. Nothing is written to the query log.
    """
    run(_replay(query_log_id, as_json=as_json))


async def _replay(query_log_id: UUID, *, as_json: bool) -> None:
    async with application() as opened:
        replayed = await opened.replay(query_log_id)
    if as_json:
        say_json(replay_shape(replayed))
    else:
        _say(replayed)


def _say(replayed: "Replay") -> None:
    then = replayed.then
    say_paragraph(then.question.text, style="bold")
    if then.read_as:
        say_paragraph(f"Read as: {then.read_as}")
    for feedback in replayed.ratings:
        comment = f": {feedback.comment}" if feedback.comment else ""
        say_paragraph(f"Rated {feedback.rating} of 5{comment}")
    say()
    say(f"Then, {then.asked_at:%Y-%m-%d %H:%M}")
    say_answer(then)
    if replayed.as_then:
        _say_rerun("The same index and ranking, asked now", replayed.as_then)
    else:
        say()
        say_paragraph(f"The same index and ranking cannot be asked: {replayed.why_not}")
    _say_rerun("Today", replayed.now)
    say()
    _say_figures(replayed)


def _say_rerun(title: str, rerun: "Rerun") -> None:
    say()
    if rerun.difference.same_text:
        say(f"{title}: the same answer.")
    else:
        say(title)
        say_answer(rerun.record)
    for one in rerun.difference.citations:
        if one.change.value != "stayed":
            say_paragraph(_told(one), indent=4)


def _told(one: "CitationChange") -> str:
    place = {"appeared": f"[{one.after}]", "vanished": f"[{one.before}]"}.get(
        one.change.value, f"[{one.before}] to [{one.after}]"
    )
    return f"{one.change.value} {place} {one.citation.source}: “{' '.join(one.citation.text.split())}”"


def _say_figures(replayed: "Replay") -> None:
    columns = [("THEN", replayed.then)]
    if replayed.as_then:
        columns.append(("AS THEN", replayed.as_then.record))
    columns.append(("TODAY", replayed.now.record))
    records = [record for _, record in columns]
    # From the newest: the query log does not keep the order of the stages.
    stages = list(dict.fromkeys(stage for record in reversed(records) for stage in record.timings_ms))
    rows: list[list[object]] = [
        ["generation", *(record.generation for record in records)],
        ["embedding model", *(record.model for record in records)],
        ["ranking", *(_ranking(record) for record in records)],
        ["best cosine", *(_figure(record.retrieval_score, digits=3) for record in records)],
        ["milliseconds", *(_figure(record.latency_ms) for record in records)],
    ]
    rows += [[stage, *(_figure(record.timings_ms.get(stage)) for record in records)] for stage in stages]
    headings = ["", *(title for title, _ in columns)]
    say_table(headings, rows, folds=headings[1:])


def _ranking(record: "QueryRecord") -> str:
    recipe = record.ranking
    if recipe is None:
        return "not known"
    judged = f"{recipe.reranker} {recipe.rerank_weight:g}" if record.reranked else "not judged again"
    return f"{recipe.fusion.value}, vectors {recipe.dense_weight:g}, {judged}, floor {recipe.floor:g}"


def _figure(value: float | None, *, digits: int = 1) -> str | None:
    return None if value is None else f"{value:.{digits}f}"
