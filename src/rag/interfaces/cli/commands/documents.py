"""rag documents: list, show and delete what is in the library."""

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.options import DryRun, Json, examples
from rag.interfaces.cli.output import counted, note, say, say_json, say_paragraph, say_table
from rag.interfaces.cli.session import run, stores
from rag.interfaces.cli.shapes import summary_shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.ports.library import DocumentSummary, Library

PREVIEW_CHARACTERS = 1000

Id = Annotated[UUID, typer.Argument(metavar="ID", help="The document's id; `rag documents list` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """This will add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show and delete documents.")
    group.command("list", epilog=examples("rag documents list", "rag documents list --json | jq length"))(
        list_documents
    )
    group.command("show", epilog=examples("rag documents show 0d6ad4a6-29f1-5a3c-8a4e-6d1f3c0f4a52"))(
        show_document
    )
    group.command(
        "delete",
        epilog=examples(
            "rag documents delete 0d6ad4a6-29f1-5a3c-8a4e-6d1f3c0f4a52 --dry-run",
            "rag documents delete 0d6ad4a6-29f1-5a3c-8a4e-6d1f3c0f4a52 --yes",
        ),
    )(delete_document)
    app.add_typer(group, name="documents")


def list_documents(as_json: Json = False) -> None:
    """List every document, in order of its name."""
    run(_list(as_json=as_json))


async def _list(*, as_json: bool) -> None:
    async with stores() as opened:
        summaries = sorted(await all_summaries(opened.library), key=lambda summary: summary.source)
    if as_json:
        say_json([summary_shape(summary) for summary in summaries])
    elif not summaries:
        note("The library is empty. Take documents in with: rag ingest PATH")
    else:
        say_table(
            ["ID", "SOURCE", "TITLE", "CHUNKS", "UPDATED"],
            [[s.id, s.source, s.title, s.chunks, f"{s.updated_at:%Y-%m-%d %H:%M}"] for s in summaries],
            folds=["SOURCE", "TITLE"],
        )


async def all_summaries(library: "Library") -> "list[DocumentSummary]":
    """This will give every document, however many there are."""
    found: list[DocumentSummary] = []
    while page := await library.summaries(after=found[-1].id if found else None):
        found += page
    return found


def show_document(document_id: Id, as_json: Json = False) -> None:
    """Show what is known of a document, and how its text starts."""
    run(_show(document_id, as_json=as_json))


async def _show(document_id: UUID, *, as_json: bool) -> None:
    async with stores() as opened:
        summary = await opened.library.summary(document_id)
        text = (await opened.library.document(document_id)).parsed.text
    if as_json:
        say_json({**summary_shape(summary), "text": text})
        return
    for name, value in summary_shape(summary).items():
        if isinstance(value, list):
            lines = [(name, shown) for shown in value]
        elif isinstance(value, dict):
            lines = [(f"{name}.{key}", shown) for key, shown in value.items()]
        else:
            lines = [(name, value)]
        for label, shown in lines:
            say(f"{label + ':':15} {'-' if shown is None else shown}")
    say()
    say_paragraph(text[:PREVIEW_CHARACTERS] + ("…" if len(text) > PREVIEW_CHARACTERS else ""))


def delete_document(
    document_id: Id, *, yes: Yes = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Delete a document wholly: its text, its chunks and its vectors.

    The file that it was read from is not touched. Without --yes it asks, and where nobody can be asked it
    does nothing.
    """
    run(_delete(document_id, yes=yes, dry_run=dry_run, as_json=as_json))


async def _delete(document_id: UUID, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    async with stores() as opened:
        summary = await opened.library.summary(document_id)
        held = counted(summary.chunks, "chunk")
        note(f"This deletes {summary.source} ({document_id}) and its {held} for good.")
        if not dry_run and not yes and not _confirmed():
            note("Nothing was deleted.")
            raise typer.Exit(FAILED)
        chunks = summary.chunks if dry_run else (await opened.delete_document(document_id)).chunks
    if as_json:
        shape = {"document_id": str(document_id), "source": summary.source}
        say_json({**shape, "deleted": not dry_run, "chunks": chunks})
    elif dry_run:
        say("Nothing was deleted.")
    else:
        gone = counted(chunks, "chunk")
        say(f"Deleted {summary.source}; {gone} taken out of the library and of the index.")


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise typer.BadParameter("Add it to delete without being asked.", param_hint="--yes")
    return typer.confirm("Delete it?", err=True)
