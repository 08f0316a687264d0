"""How do words reach the person, or the program, at the other end?"""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

# A pipe has no width: wide enough that no cell of a table is ever cut or folded there.
PIPE_WIDTH: Final = 2000


def say(text: str = "") -> None:
    """This will print a result, for a person, on standard output."""
    typer.echo(printable(text))


def note(text: str, *, dim: bool = False) -> None:
    """This will print a remark on standard error, where it disturbs no pipe; `dim` where few will read it."""
    typer.secho(printable(text), err=True, dim=dim or None)


def say_error(message: str, advice: str = "") -> None:
    """This will say on standard error what went wrong, and what to do next."""
    note(f"Error: {message}")
    if advice:
        note(advice)


def say_json(shape: object) -> None:
    """This will print one JSON value on standard output."""
    typer.echo(json.dumps(shape, indent=2, ensure_ascii=False))


def say_table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, folds: Sequence[str] = ()
) -> None:
    """This will print a table; the columns named in `folds` give way when the terminal is narrow."""
    # Loaded here, not above: `rag --help` must not wait for it.
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for position, heading in enumerate(headings):
        numbers = bool(rows) and all(isinstance(row[position], int | float) for row in rows)
        table.add_column(
            heading,
            justify="right" if numbers else "left",
            no_wrap=heading not in folds,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(printable("-" if cell is None else str(cell))) for cell in row))
    _console(sys.stdout).print(table)


def say_paragraph(text: str, *, indent: int = 0, style: str = "") -> None:
    """This will print `text` wrapped at words on a terminal, and as one line elsewhere."""
    from rich.padding import Padding  # noqa: PLC0415 - `rag --help` must not wait for it
    from rich.text import Text  # noqa: PLC0415 - only where a table is printed

    shown = Text(printable(text), style=style)
    if sys.stdout.isatty():
        _console(sys.stdout).print(Padding(shown, (0, 0, 0, indent)))
    else:
        say(" " * indent + shown.plain)


def counted(number: int, thing: str) -> str:
    """This will count things as people do.

    >>> counted(1, "chunk"), counted(2, "chunk")
    ('1 chunk', '2 chunks')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


@contextmanager
def progress(title: str, *, total: int) -> Iterator[Callable[[], None]]:
    """This will show a bar on standard error while it is a terminal; call what it yields once a step."""
    from rich.progress import (  # noqa: PLC0415 - `rag --help` must not wait for it
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=_console(sys.stderr), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_of_bytes(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """This will show a bar on standard error while it is a terminal; it takes bytes done, all, and words."""
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - see `progress`

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    bar = Progress(*columns, console=_console(sys.stderr), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task(title, total=None, words="")
        yield lambda done, total, words: bar.update(task, completed=done, total=total or None, words=words)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """This will show `text` with a spinner on standard error while it is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with _console(sys.stderr).status(text):
        yield


def printable(text: str) -> str:
    r"""Keep a document's own control characters from steering the reader's terminal.

    >>> printable("a\x1b[2Jb\n")
    'a�[2Jb\n'
    """
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"} else "\ufffd"
        for character in text
    )


def _console(stream: TextIO) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - `rag --help` must not wait for it

    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, soft_wrap=False)
