"""rag ingest: take files and folders in, or bring the library in line with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.ingesting import (
    ingest_files,
    note_gathered,
    note_passed_over,
    report_shape,
    say_report,
)
from rag.interfaces.cli.options import DryRun, Json, examples
from rag.interfaces.cli.output import counted, note, say, say_error, say_json
from rag.interfaces.cli.session import application, run
from rag.interfaces.cli.syncing import (
    planned,
    say_plan,
    say_sync_report,
    sync_as_planned,
    sync_shape,
    too_many_deletions,
)

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.bootstrap import Application
    from rag.ports.files import SourceFile
    from rag.services.gather_files import Gathered

Paths = Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, and folders with all below them.")]
Sync = Annotated[
    bool,
    typer.Option("--sync", help="Also delete the documents whose files under PATH are gone."),
]
Yes = Annotated[bool, typer.Option("--yes", help="With --sync: delete even most of what there is.")]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        epilog=examples(
            "rag ingest ~/handbook",
            "rag ingest report.pdf notes/ bundle.zip --json",
            "rag ingest ~/handbook --dry-run",
            "rag ingest ~/handbook --sync --dry-run",
            "rag ingest ~/handbook --sync",
        )
    )(ingest)


def ingest(
    paths: Paths,
    *,
    sync: Sync = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take files and folders in, and the files in ZIP and tar archives.

    Files that have not changed are skipped, so run it as often as you like. A file with an error is
    reported and the others go on; the exit code is 1 when any file failed. Without --sync, nothing is ever
    deleted.
    """
    if yes and not sync:
        raise typer.BadParameter("It says yes to deletions, which only --sync makes.", param_hint="--yes")
    if sync:
        run(_sync(paths, yes=yes, dry_run=dry_run, as_json=as_json))
    else:
        run(_ingest(paths, dry_run=dry_run, as_json=as_json))


async def _ingest(paths: Sequence[Path], *, dry_run: bool, as_json: bool) -> None:
    async with application() as opened:
        found = _found(opened, paths)
        if dry_run:
            async with opened.gather_files(found) as gathered:
                note_gathered(gathered)
                _say_files(gathered.files, as_json=as_json)
            return
        report = await ingest_files(opened, found)
    if as_json:
        say_json(report_shape(report))
    else:
        say_report(report)
    if report.count("failed"):
        raise typer.Exit(FAILED)


async def _sync(paths: Sequence[Path], *, yes: bool, dry_run: bool, as_json: bool) -> None:
    async with application() as opened, opened.gather_files(_found(opened, paths)) as gathered:
        note_gathered(gathered)
        await _sync_gathered(opened, paths, gathered, yes=yes, dry_run=dry_run, as_json=as_json)


async def _sync_gathered(
    opened: "Application",
    paths: Sequence[Path],
    gathered: "Gathered",
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    plan = await planned(opened, gathered.files, roots=opened.files.roots(paths))
    if dry_run:
        say_plan(plan, as_json=as_json)
        return
    if plan.deletes_most and not yes:
        say_error(*too_many_deletions(plan))
        raise typer.Exit(FAILED)
    report = await sync_as_planned(opened, plan)
    if as_json:
        say_json(sync_shape(report))
    else:
        say_sync_report(report)
    if report.count("failed"):
        raise typer.Exit(FAILED)


def _found(opened: "Application", paths: Sequence[Path]) -> "Sequence[SourceFile]":
    found = opened.files.find(paths)
    if not found:
        note("No file of a format that is read was found there.")
    note_passed_over(opened.files.passed_over(paths))
    return found


def _say_files(files: "Sequence[SourceFile]", *, as_json: bool) -> None:
    if as_json:
        say_json([{"source": file.source, "file_path": file.file_path} for file in files])
        return
    for file in files:
        say(file.source)
    say(f"{counted(len(files), 'file')} would be read; nothing was stored.")
