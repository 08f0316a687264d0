"""The help of every command is complete, correct, and there at once."""

import shlex
import subprocess
import sys

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from rag.interfaces.cli.main import PROGRAM, app
from rag.interfaces.cli.reference import cli_reference, command_helps

HELPS = dict(command_helps())
GROUPS = {
    ("rag",),
    *(("rag", name) for name in ("chunks", "documents", "feedback", "golden", "index", "jobs")),
}
COMMANDS = [words for words in HELPS if words not in GROUPS]
HEAVY = ("asyncpg", "fastapi", "numpy", "openvino", "qdrant_client", "rich", "sqlalchemy", "tokenizers")


def examples_in(text: str) -> list[list[str]]:
    """Give the examples of a help text, each as its words, up to a pipe."""
    lines = text.partition("Examples:\n")[2].splitlines()
    return [shlex.split(line.partition("|")[0]) for line in lines]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_of_itself(words: tuple[str, ...]) -> None:
    """Whoever asks for help sees a line that can be typed."""
    examples = examples_in(HELPS[words])
    assert examples
    assert all(tuple(example[: len(words)]) == words for example in examples)


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_every_example_is_understood(words: tuple[str, ...]) -> None:
    """No example has an option that is not there any more."""
    for example in examples_in(HELPS[words]):
        command, rest = get_command(app), example[1:]
        assert example[0] == PROGRAM
        while isinstance(command, TyperGroup):
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context(None, rest)


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    """The first paragraph is a sentence."""
    assert HELPS[words].split("\n\n")[1].strip().endswith(".")


def test_the_reference_holds_every_help() -> None:
    """The page is what the program says."""
    page = cli_reference()
    assert all(f"## `{' '.join(words)}`\n\n```text\n{text}\n```" in page for words, text in HELPS.items())


def test_help_waits_for_nothing_heavy() -> None:
    """Neither the model's runtime nor the database driver is loaded before a command needs it."""
    listing = f"import sys, rag.interfaces.main; print([name for name in {HEAVY} if name in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
