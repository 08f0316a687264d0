"""A small library, a running service beside it, and a way to type commands."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import Finished, Service, Terminal, fresh_data_dir

LEAVE = """# Leave

## Annual leave

Every employee has thirty days of annual leave a year.
Leave that is not taken expires at the end of March of the following year.

## Sick leave

Tell your team lead before nine in the morning when you are ill.
A doctor's certificate is needed from the fourth day on.
"""

TRAVEL = """# Travel costs

Train tickets of the second class are paid back in full.
Send the receipts to the accounting office within two weeks after the journey.
"""


@pytest.fixture(scope="session")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two documents and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("handbook")
    (folder / "rules").mkdir()
    (folder / "rules" / "leave.md").write_text(LEAVE, encoding="utf-8")
    (folder / "travel.md").write_text(TRAVEL, encoding="utf-8")
    (folder / "blank.txt").write_text(" \n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`rag serve` on a fresh data directory; the commands of these tests work beside it."""
    data_dir = fresh_data_dir(tmp_path_factory)
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "serve", "--port", "0"],
        env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Service(f"http://127.0.0.1:{_port(process)}", data_dir)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode == 0


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if '"listening"' in line:
            return int(json.loads(line)["port"])
    pytest.fail("".join(lines))


@pytest.fixture(scope="session")
def first_ingest(service: Service, handbook: Path) -> Finished:
    """What the first `rag ingest` of the handbook printed."""
    return Terminal(service.data_dir)("ingest", str(handbook), "--json")


@pytest.fixture
def rag(service: Service, first_ingest: Finished) -> Terminal:
    """The program, at a library that holds the handbook."""
    assert first_ingest.code == 1
    return Terminal(service.data_dir)
