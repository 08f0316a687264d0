"""How do tests type commands?"""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rag.interfaces.cli.main import run


@dataclass(frozen=True)
class Finished:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        """Its standard output, read as JSON."""
        return json.loads(self.out)


class Terminal:
    """Types commands into the program, in this process, at one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def __call__(self, *arguments: str) -> Finished:
        """Carry one command out."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("RAG_DATA_DIR", str(self.data_dir))
            code = run(arguments, serve_http=_not_here)
        return Finished(code, out.getvalue(), err.getvalue())


def _not_here(*, host: str, port: int, works: bool = True) -> None:
    pytest.fail(f"a service on {host}:{port} ({works}) belongs into a process of its own")


@dataclass(frozen=True)
class Service:
    """A running `rag serve`."""

    address: str
    data_dir: Path


def fresh_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an empty data directory, in which the model need not be built again for each test module."""
    built = tmp_path_factory.getbasetemp() / "models"
    built.mkdir(exist_ok=True)
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "models").symlink_to(built)
    return data_dir
