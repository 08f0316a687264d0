"""Which commands are there, and how does each of them end?"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Final

import typer

from rag.domain.errors import RagError
from rag.interfaces.cli.commands import (
    ask,
    canary,
    chunks,
    demo,
    documents,
    evaluate,
    feedback,
    golden,
    index,
    ingest,
    jobs,
    replay,
    search,
    serve,
    work,
)
from rag.interfaces.cli.exit_codes import FAILED, INTERRUPTED, OK, exit_code_of
from rag.interfaces.cli.options import LOG_LEVEL_SETTING, examples
from rag.interfaces.cli.output import note, say, say_error
from rag.interfaces.cli.session import Invocation, Serve

PROGRAM: Final = "rag"

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help starts sooner, and reads the same in a pipe
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=examples(
        "rag demo --once",
        "rag ingest ~/handbook",
        'rag ask "How many days of leave do I have?"',
        "rag serve --port 8000",
    ),
)
for command in (
    demo,
    ingest,
    ask,
    search,
    documents,
    chunks,
    index,
    jobs,
    evaluate,
    golden,
    feedback,
    replay,
    canary,
    serve,
    work,
):
    command.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"{PROGRAM} {version('rag-system')}")
        raise typer.Exit


@app.callback()
def before_any_command(
    context: typer.Context,
    show_version: Annotated[  # noqa: ARG001 - the option's own callback answers it
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program an error arose.")] = False,
) -> None:
    """Ask your own documents, and get answers that cite them.

    Every command ends with 0 when it is done, 1 when it failed, 2 when it was not understood, and 130 when
    it was interrupted.
    """
    invocation = context.find_object(Invocation)
    if invocation is not None:
        invocation.debug = debug or invocation.debug


def run(arguments: Sequence[str] | None, *, serve_http: Serve) -> int:
    """This will carry out a command line and give its exit code; whatever goes wrong is said in one line."""
    _tolerate_any_character()
    invocation = Invocation(serve=serve_http, debug=os.environ.get(LOG_LEVEL_SETTING) == "debug")
    try:
        code = _carry_out(arguments, invocation)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as `head` does
        _forget_standard_output()
        return FAILED
    if code == INTERRUPTED:
        note("Interrupted.")
    return code


def _carry_out(arguments: Sequence[str] | None, invocation: Invocation) -> int:
    try:
        app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name=PROGRAM, obj=invocation)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else OK
    except RagError as error:
        if invocation.debug:
            raise
        say_error(str(error), error.advice)
        return exit_code_of(type(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        if invocation.debug:
            raise
        say_error(
            f"{type(error).__name__}: {error}",
            "This should not happen. `rag --debug …` shows where it arose.",
        )
        return FAILED
    return OK


def _tolerate_any_character() -> None:
    """Let a terminal with a small character set show what it can, instead of failing at what it cannot."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_standard_output() -> None:
    """Keep the interpreter from complaining once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
