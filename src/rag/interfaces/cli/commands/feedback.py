"""rag feedback: look at what people thought of the answers."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from rag.interfaces.cli.ages import Since, age_of
from rag.interfaces.cli.commands.ask import say_answer
from rag.interfaces.cli.live_shapes import overview_shape, reviewed_shape
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import counted, note, say, say_json, say_paragraph, say_table
from rag.interfaces.cli.session import application, run, stores

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.ports.journal import Feedback, QueryRecord, RatingSummary
    from rag.services.review_feedback import RatingOverview, ReviewedQuery

Below = Annotated[
    float, typer.Option("--rating-below", min=1, max=6, help="Show answers rated lower than this.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many ratings to look at.")]
AnswerNow = Annotated[
    bool,
    typer.Option(
        "--answer-now/--no-answer-now",
        help="Whether to ask each question again; the query log is left as it is.",
    ),
]


def register(app: typer.Typer) -> None:
    """This will add the commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Look at what people thought of the answers."
    )
    group.command(
        "review",
        epilog=examples(
            "rag feedback review --rating-below 3",
            "rag feedback review --since 7d --limit 50 --no-answer-now",
            "rag feedback review --json",
        ),
    )(review)
    group.command(
        "summary", epilog=examples("rag feedback summary --since 7d", "rag feedback summary --json")
    )(summary)
    app.add_typer(group, name="feedback")


def review(
    *,
    rating_below: Below = 3,
    since: Since = None,
    limit: Limit = 20,
    answer_now: AnswerNow = True,
    as_json: Json = False,
) -> None:
    """Show badly rated answers, the worst first, with what would be answered now, and the ratings in sum.

    Nothing is written: what is asked again does not enter the query log.
    """
    run(_review(rating_below, age_of(since), limit=limit, answer_now=answer_now, as_json=as_json))


async def _review(
    below: float, age: timedelta | None, *, limit: int, answer_now: bool, as_json: bool
) -> None:
    shapes = []
    async with AsyncExitStack() as stack:
        if answer_now:
            opened = await stack.enter_async_context(application())
            look, ask = opened.stores.review_feedback, opened.ask_unlogged
        else:
            look, ask = (await stack.enter_async_context(stores())).review_feedback, None
        position = 0
        async for reviewed in look(below=below, limit=limit, age=age, ask=ask):
            position += 1
            if as_json:
                shapes.append(reviewed_shape(reviewed))
            else:
                _say_reviewed(position, reviewed)
        overview = await look.overview(age=age)
    if as_json:
        say_json({"queries": shapes, "summary": overview_shape(overview)})
        return
    if not position:
        note(f"No answer was rated below {below:g}.")
    _say_overview(overview)


def summary(*, since: Since = None, as_json: Json = False) -> None:
    """Show the mean rating, and the share of ratings below 3.5, by source and by generation.

    An answer of several sources counts for each of them.
    """
    run(_summary(age_of(since), as_json=as_json))


async def _summary(age: timedelta | None, *, as_json: bool) -> None:
    async with stores() as opened:
        overview = await opened.review_feedback.overview(age=age)
    if as_json:
        say_json(overview_shape(overview))
    else:
        _say_overview(overview)


def _say_reviewed(position: int, reviewed: "ReviewedQuery") -> None:
    record = reviewed.record
    say_paragraph(f"{position}. {record.question.text}", style="bold")
    if record.read_as:
        say_paragraph(f"Read as: {record.read_as}")
    say(f"{record.id}, asked {record.asked_at:%Y-%m-%d %H:%M}, {record.generation or 'no index'}")
    for feedback in reviewed.ratings:
        _say_feedback(feedback, record)
    say()
    say("Answered then:")
    say_answer(record)
    if reviewed.now:
        say()
        _say_now(record, reviewed.now)
    say()


def _say_feedback(feedback: "Feedback", record: "QueryRecord") -> None:
    comment = f": {feedback.comment}" if feedback.comment else ""
    say_paragraph(f"Rated {feedback.rating} of 5 on {feedback.rated_at:%Y-%m-%d %H:%M}{comment}")
    numbers = {citation.chunk_id: citation.number for citation in record.answer.citations}
    for chunk_id, verdict in feedback.verdicts:
        place = f"[{numbers[chunk_id]}]" if chunk_id in numbers else f"chunk {chunk_id}"
        say(f"    {place} {verdict.value}")


def _say_now(then: "QueryRecord", now: "QueryRecord") -> None:
    if now.answer.text == then.answer.text and now.sources == then.sources:
        say("Answered now: the same.")
        return
    say("Answered now:")
    say_answer(now)


def _say_overview(overview: "RatingOverview") -> None:
    if overview.mean is None or overview.share_below is None:
        note("There are no ratings.")
        return
    say(
        f"{counted(overview.ratings, 'rating')}, mean {overview.mean:.2f}, "
        f"{overview.share_below:.0%} of them below 3.5"
    )
    for heading, summaries in (("SOURCE", overview.by_source), ("GENERATION", overview.by_generation)):
        say()
        say_table(
            [heading, "RATINGS", "MEAN", "BELOW 3.5"], [_row(one) for one in summaries], folds=[heading]
        )


def _row(summary: "RatingSummary") -> list[object]:
    return [summary.name, summary.ratings, f"{summary.mean:.2f}", f"{summary.share_below:.0%}"]
