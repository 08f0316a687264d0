"""What is printed can be read by people, by pipes and by narrow terminals."""

import json

import pytest

from rag.interfaces.cli.output import printable, say, say_error, say_json, say_paragraph, say_table


def test_a_document_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences inside a document's text are shown, not obeyed."""
    say("red \x1b[31m bell \x07 end")
    say_table(["TEXT"], [["clear \x1b[2J"]])
    say_paragraph("move \x9b5A")
    assert not set("\x1b\x07\x9b") & set(capsys.readouterr().out)


def test_markup_in_a_document_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets are not styles."""
    say_table(["TEXT"], [["[bold]x[/bold] [1]"]])
    say_paragraph("[red]y[/red] [1]")
    shown = capsys.readouterr().out
    assert "[bold]x[/bold] [1]" in shown
    assert "[red]y[/red] [1]" in shown


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal nothing is cut or folded, however long it is."""
    say_table(["NAME", "TEXT"], [["a" * 300, "b " * 400]], folds=["TEXT"])
    say_paragraph("c " * 400)
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_an_absent_value_is_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    """A chunk that one ranking did not find has no rank there."""
    say_table(["RANK", "BM25"], [[1, None]])
    assert capsys.readouterr().out.splitlines()[1].split() == ["1", "-"]


def test_json_keeps_every_letter(capsys: pytest.CaptureFixture[str]) -> None:
    """Umlauts stay letters, and control characters stay what they were."""
    say_json({"text": "Grüße \x1b"})
    out = capsys.readouterr().out
    assert "Grüße" in out
    assert json.loads(out) == {"text": "Grüße \x1b"}


def test_an_error_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe gets results only."""
    say_error("It is gone.", "Look elsewhere.")
    assert capsys.readouterr() == ("", "Error: It is gone.\nLook elsewhere.\n")


def test_printable_keeps_lines_and_tabs() -> None:
    """Line ends are part of a text."""
    assert printable("a\n\tb") == "a\n\tb"
