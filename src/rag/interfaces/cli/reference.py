"""What does the reference page of the command line say?"""

from collections.abc import Iterator
from typing import Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from rag.interfaces.cli.main import PROGRAM, app

WRITTEN_BY: Final = "<!-- Written by docs/reference/generate.py; edit the code instead. -->"
WIDTH: Final = 100  # the page is the same whatever terminal it is written from


def cli_reference() -> str:
    """This will give the page: the help of every command, as the program itself prints it."""
    parts = ["# Command line", WRITTEN_BY]
    for words, text in command_helps():
        parts += [f"## `{' '.join(words)}`", f"```text\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def command_helps() -> Iterator[tuple[tuple[str, ...], str]]:
    """This will give the words of every command, groups included, and its help."""
    command = get_command(app)
    yield from _helps(typer.Context(command, info_name=PROGRAM, terminal_width=WIDTH), (PROGRAM,))


def _helps(context: typer.Context, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    command = context.command
    lines = command.get_help(context).splitlines()
    yield words, "\n".join(line.rstrip() for line in lines)
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            inner = typer.Context(below, parent=context, info_name=name, terminal_width=WIDTH)
            yield from _helps(inner, (*words, name))
