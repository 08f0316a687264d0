"""rag chunks: look at how documents were cut."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import counted, say, say_json, say_table, waiting
from rag.interfaces.cli.session import run, stores
from rag.interfaces.cli.shapes import Shape, summary_shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.domain.inspection import ChunkReport, InspectedChunk, Sizes
    from rag.services.inspect_chunks import InspectedDocument

Source = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="The document's name, or its last part: `rules.md`."),
]
REPEATED_SHOWN = 10


def register(app: typer.Typer) -> None:
    """This will add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at how documents were cut.")
    group.callback()(_no_further_options)
    group.command(
        "inspect",
        epilog=examples(
            "rag chunks inspect --source handbook.pdf",
            "rag chunks inspect --source leave/rules.md --json",
            "rag chunks inspect",
        ),
    )(inspect)
    app.add_typer(group, name="chunks")


def _no_further_options() -> None:
    """Look at how documents were cut."""


def inspect(source: Source = None, as_json: Json = False) -> None:
    """Show a document's chunks: boundaries, sizes, overlaps and oddities; without --source, all in figures.

    SHARED is the number of characters that a chunk has in common with the one before it.
    """
    run(_inspect(source, as_json=as_json) if source else _survey(as_json=as_json))


async def _survey(*, as_json: bool) -> None:
    async with stores() as opened:
        with waiting("Reading every document …"):
            survey = await opened.inspect_chunks.survey()
    if as_json:
        say_json(asdict(survey))
        return
    say(f"{counted(survey.documents, 'document')}, {counted(survey.chunks, 'chunk')}")
    say(f"tokens: {_sizes(survey.tokens)}")
    say(f"characters shared with the chunk before: {_sizes(survey.overlaps)}")
    say(f"{survey.uncovered_characters} characters of all texts are in no chunk")
    if survey.without_chunks:
        say(f"without any chunk: {', '.join(survey.without_chunks)}")
    if survey.oddities:
        say()
        say_table(
            ["CHUNKS", "ODDITY", "SUCH AS"],
            [
                [number, kind, ", ".join(f"{at.source} {at.ordinal}" for at in survey.examples[kind])]
                for kind, number in survey.oddities.items()
            ],
            folds=["ODDITY", "SUCH AS"],
        )
    if survey.repeated:
        say()
        say_table(
            ["DOCUMENTS", "REPEATED TEXT", "SUCH AS"],
            [
                [text.documents, text.first_words, f"{text.example.source} {text.example.ordinal}"]
                for text in survey.repeated[:REPEATED_SHOWN]
            ],
            folds=["REPEATED TEXT", "SUCH AS"],
        )


async def _inspect(source: str, *, as_json: bool) -> None:
    async with stores() as opened:
        inspected = await opened.inspect_chunks(source=source)
    if as_json:
        say_json([_shape(document) for document in inspected])
        return
    for position, document in enumerate(inspected):
        if position:
            say()
        _say(document)


def _shape(inspected: "InspectedDocument") -> Shape:
    return {"document": summary_shape(inspected.summary), **asdict(inspected.report)}


def _say(inspected: "InspectedDocument") -> None:
    summary, report = inspected.summary, inspected.report
    say(f"{summary.source} ({summary.id}), {summary.title}")
    say(f"{counted(report.count, 'chunk')}, {len(report.odd)} of them odd; {_left_out(report)}")
    say(f"tokens: {_sizes(report.tokens)}")
    say(f"characters shared with the chunk before: {_sizes(report.overlaps)}")
    say()
    say_table(
        ["CHUNK", "START", "END", "PAGE", "TOKENS", "SHARED", "ODD", "SECTION", "FIRST WORDS"],
        [_row(chunk) for chunk in report.chunks],
        folds=["ODD", "SECTION", "FIRST WORDS"],
    )


def _left_out(report: "ChunkReport") -> str:
    if not report.uncovered_characters:
        return "no word of the text is left out"
    return f"{report.uncovered_characters} characters of the text are in no chunk"


def _sizes(sizes: "Sizes | None") -> str:
    if sizes is None:
        return "none"
    return (
        f"{sizes.least} to {sizes.most}, mean {sizes.mean:.0f}, median {sizes.median:g}, "
        f"95 % at most {sizes.p95}"
    )


def _row(chunk: "InspectedChunk") -> list[object]:
    return [
        chunk.ordinal,
        chunk.start,
        chunk.end,
        chunk.page,
        chunk.tokens,
        chunk.overlap,
        ", ".join(chunk.oddities) or None,
        chunk.section,
        chunk.first_words,
    ]
