"""rag ingest: take files and folders in."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.ingesting import ingest_files, report_shape, say_report
from rag.interfaces.cli.options import DryRun, Json, examples
from rag.interfaces.cli.output import counted, note, say, say_json
from rag.interfaces.cli.session import application, run

if TYPE_CHECKING:  # a type alone
    from rag.ports.files import SourceFile

Paths = Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, and folders with all below them.")]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        epilog=examples(
            "rag ingest ~/handbook",
            "rag ingest report.pdf notes/ --json",
            "rag ingest ~/handbook --dry-run",
        )
    )(ingest)


def ingest(paths: Paths, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Take files and folders in: text, Markdown, HTML and PDF.

    Files that have not changed are skipped, so run it as often as you like. A file with an error is
    reported and the others go on; the exit code is 1 when any file failed.
    """
    run(_ingest(paths, dry_run=dry_run, as_json=as_json))


async def _ingest(paths: Sequence[Path], *, dry_run: bool, as_json: bool) -> None:
    async with application() as opened:
        files = opened.files.find(paths)
        if not files:
            note("No file of a format that is read was found there; text, Markdown, HTML and PDF are.")
        _say_passed_over(opened.files.passed_over(paths))
        if dry_run:
            _say_files(files, as_json=as_json)
            return
        report = await ingest_files(opened, files)
    if as_json:
        say_json(report_shape(report))
    else:
        say_report(report)
    if report.count("failed"):
        raise typer.Exit(FAILED)


def _say_passed_over(names: Sequence[str]) -> None:
    if names:
        kinds = sorted({PurePath(name).suffix or name for name in names})
        note(f"{counted(len(names), 'file')} of other formats passed over: {', '.join(kinds[:8])}")


def _say_files(files: "Sequence[SourceFile]", *, as_json: bool) -> None:
    if as_json:
        say_json([{"source": file.source, "file_path": file.file_path} for file in files])
        return
    for file in files:
        say(file.source)
    say(f"{counted(len(files), 'file')} would be read; nothing was stored.")
