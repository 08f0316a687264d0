"""However a command ends, it says so in one line and with one exit code."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.domain.errors import RagError, UnavailableError
from rag.interfaces.cli.main import run


class PartAwayError(UnavailableError):
    """A failure that only these tests know."""

    advice = "Wait a little."


def ending(failure: BaseException) -> Callable[..., None]:
    """Give a service that ends in `failure`."""

    def serve(**_: object) -> None:
        raise failure

    return serve


def never(*, host: str, port: int, works: bool = True) -> None:
    """A service that must not be started."""
    pytest.fail(f"started on {host}:{port} ({works})")


def test_serve_passes_its_address_on() -> None:
    """The HTTP interface gets what was typed."""
    calls: list[tuple[str, int, bool]] = []

    def serve(*, host: str, port: int, works: bool = True) -> None:
        calls.append((host, port, works))

    assert run(["serve"], serve_http=serve) == 0
    assert run(["serve", "--host", "::1", "--port", "0", "--no-worker"], serve_http=serve) == 0
    assert calls == [("127.0.0.1", 8000, True), ("::1", 0, False)]


def test_a_foreseen_failure_is_one_line_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback is shown to somebody who cannot use it."""
    assert run(["serve"], serve_http=ending(PartAwayError("The part is away."))) == 1
    assert capsys.readouterr() == ("", "Error: The part is away.\nWait a little.\n")


def test_an_unforeseen_failure_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault of ours says what it was and how to see more."""
    assert run(["serve"], serve_http=ending(ValueError("odd"))) == 1
    assert capsys.readouterr().err.startswith("Error: ValueError: odd\n")


@pytest.mark.parametrize(
    "failure", [PartAwayError("away"), ValueError("odd")], ids=["foreseen", "unforeseen"]
)
def test_debug_shows_where_a_failure_arose(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of asking for it work."""
    with pytest.raises(type(failure)):
        run(["--debug", "serve"], serve_http=ending(failure))
    monkeypatch.setenv("RAG_LOG_LEVEL", "debug")
    with pytest.raises(type(failure)):
        run(["serve"], serve_http=ending(failure))


def test_an_interruption_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with what a shell expects."""
    assert run(["serve"], serve_http=ending(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Interrupted."


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Usage: rag"),
        (["asc"], "Did you mean 'ask'?"),
        (["ask"], "Missing argument 'QUESTION'"),
        (["ask", "  "], "The question is empty."),
        (["ask", "x" * 2001], "Question too long: 2001 characters, the limit is 2000."),
        (["ask", "why", "--top-k", "51"], "--top-k"),
        (["ask", "why", "--metadata", "team"], "'team' is not KEY=VALUE."),
        (["documents", "show", "leave.md"], "valid UUID"),
        (["serve", "--port", "65536"], "--port"),
    ],
)
def test_what_is_not_understood_ends_with_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong command line is told apart from a failure, and says what is wrong with it."""
    assert run(arguments, serve_http=never) == 2
    assert complaint in capsys.readouterr().err


def test_a_wrong_setting_stops_before_anything_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A misspelled setting is named, and no server is started."""
    monkeypatch.setenv("RAG_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RAG_CHUNK_SISE", "100")
    assert run(["documents", "list"], serve_http=never) == 1
    assert "Unknown setting RAG_CHUNK_SISE." in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_reader_that_leaves_early_is_no_cause_for_noise() -> None:
    """`rag … | head` shows no traceback."""
    program = subprocess.Popen(
        [sys.executable, "-m", "rag", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        noise = program.stderr.read()
    assert (program.returncode, noise) == (1, "")


def test_errors_share_one_family() -> None:
    """What these tests raise is what services raise."""
    assert issubclass(PartAwayError, RagError)
