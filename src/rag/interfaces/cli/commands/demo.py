"""rag demo: from a folder to cited answers and a running service, in one command."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

import rag
from rag.domain.question import Filter, Question
from rag.interfaces.cli.commands.ask import say_answer
from rag.interfaces.cli.demo_questions import PROJECT_QUESTIONS, QUESTIONS, questions_about
from rag.interfaces.cli.ingesting import IngestReport, ingest_files, say_report
from rag.interfaces.cli.listening import next_free
from rag.interfaces.cli.options import DEFAULT_PORT, LOCAL_HOST, Port, examples
from rag.interfaces.cli.output import counted, note, say, say_paragraph
from rag.interfaces.cli.session import Invocation, application, request_id, run

if TYPE_CHECKING:  # a type alone
    from rag.bootstrap import Application

CHECKOUT: Final = Path(rag.__file__).parents[2]
DOCUMENTS_LOOKED_AT: Final = 12
IDS_IN_A_FILTER: Final = 1000

Folder = Annotated[
    Path | None, typer.Argument(metavar="PATH", help="A folder; the project's own docs/ when left out.")
]
Once = Annotated[bool, typer.Option("--once", help="End after the answers, and start no service.")]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(epilog=examples("rag demo --once", "rag demo ~/handbook", "rag demo --port 8080"))(demo)


def demo(context: typer.Context, path: Folder = None, once: Once = False, port: Port = DEFAULT_PORT) -> None:
    """Take a folder in, ask three questions of it, and go on serving.

    It can be run again: what has not changed is skipped. When the port is taken, the next free one is used.
    """
    folder = path or _own_documentation()
    run(_demo(folder, PROJECT_QUESTIONS if path is None else ()))
    program = "./rag" if (CHECKOUT / "rag").is_file() else "rag"
    say("Go on with:")
    say(f'  {program} ask "Your own question?"')
    say(f"  {program} ingest PATH")
    if once:
        say(f"  {program} serve")
        return
    free = next_free(LOCAL_HOST, port)
    if free != port:
        note(f"Port {port} is taken by another program, so {free} is used.")
    address = f"http://{LOCAL_HOST}:{free}"
    say(f"""  curl -s {address}/query -H 'Content-Type: application/json' -d '{{"question": "Why?"}}'""")
    say()
    say(f"The service starts now on {address}. Press Ctrl-C to stop it.")
    context.ensure_object(Invocation).serve(host=LOCAL_HOST, port=free)


def _own_documentation() -> Path:
    folder = CHECKOUT / "docs"
    if not (folder / "index.md").is_file():
        raise typer.BadParameter(
            "The project's own documentation is not here; name a folder, such as: rag demo ~/handbook",
            param_hint="PATH",
        )
    return folder


async def _demo(folder: Path, questions: Sequence[str]) -> None:
    async with application() as opened:
        files = opened.files.find([folder])
        if not files:
            raise typer.BadParameter(f"{folder} holds no file of a format that is read.", param_hint="PATH")
        say(f"Taking in {counted(len(files), 'file')} from {folder}")
        report = await ingest_files(opened, files)
        say_report(report)
        for number, question in enumerate(questions or await _questions(opened, report), start=1):
            say()
            say_paragraph(f"{number}. {question}", style="bold")
            record = await opened.ask(_about(question, report), request_id=request_id())
            say_answer(record)
            say(f"({record.latency_ms:.0f} ms)")
        say()


async def _questions(opened: "Application", report: IngestReport) -> Sequence[str]:
    """Look at a few documents from all over the folder, and at no more than that."""
    ids = [outcome.document_id for outcome in report.outcomes if not outcome.error]
    step = max(1, len(ids) // DOCUMENTS_LOOKED_AT)
    looked_at = [await opened.stores.library.document(one) for one in ids[::step][:DOCUMENTS_LOOKED_AT]]
    return questions_about(looked_at)[:QUESTIONS]


def _about(question: str, report: IngestReport) -> Question:
    """Ask of this folder alone, not of what else is in the library."""
    ids = frozenset(outcome.document_id for outcome in report.outcomes if not outcome.error)
    return Question.of(
        question, filter_by=Filter(document_ids=ids if len(ids) <= IDS_IN_A_FILTER else frozenset())
    )
