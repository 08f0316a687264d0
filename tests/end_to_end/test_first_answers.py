"""From nothing to cited answers and a running service: `rag demo`."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from rag.interfaces.cli.demo_questions import PROJECT_QUESTIONS
from tests.support.terminal import fresh_data_dir

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this journey keeps its data, from one step to the next."""
    return fresh_data_dir(tmp_path_factory)


def typed(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Carry a command out in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "rag", *arguments],
        env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )


@contextmanager
def left_running(data_dir: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a command, and end it as Ctrl-C does."""
    with subprocess.Popen(
        [sys.executable, "-m", "rag", *arguments],
        env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def figures(out: str) -> dict[str, str]:
    """Read the table of the ingest."""
    headings, values = re.findall(r"^ADDED.*\n.*$", out, flags=re.MULTILINE)[0].splitlines()
    return dict(zip(headings.split(), values.split(), strict=True))


def test_the_demo_answers_from_the_projects_own_pages(data_dir: Path) -> None:
    """Three questions get answers, each with a citation of a page that deals with it."""
    out = typed(data_dir, "demo", "--once").stdout
    assert int(figures(out)["ADDED"]) > 10
    assert figures(out)["FAILED"] == "0"
    answers = re.split(r"^\d\. ", out, flags=re.MULTILINE)[1:]
    assert [answer.splitlines()[0] for answer in answers] == list(PROJECT_QUESTIONS)
    for answer, page in zip(answers, ("how-a-document", "generations", "latency"), strict=True):
        assert re.search(rf"^\[\d\] \S*{page}\S*\.md", answer, flags=re.MULTILINE), answer


def test_a_second_demo_changes_nothing_and_serves(data_dir: Path) -> None:
    """All pages are unchanged, a taken port is passed over, and the service answers until Ctrl-C."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with left_running(data_dir, "demo", "--port", str(port)) as process:
            assert process.stderr is not None
            address = next(
                f"http://127.0.0.1:{json.loads(line)['port']}"
                for line in process.stderr
                if '"listening"' in line
            )
            answer = httpx.post(
                f"{address}/query", json={"question": "What is a generation?"}, timeout=30
            ).json()
            asked = json.loads(typed(data_dir, "ask", "What is a generation?", "--json").stdout)
    assert process.returncode == 0
    assert address != f"http://127.0.0.1:{port}"
    assert answer["citations"]
    assert asked["answer"] == answer["answer"]


def test_the_demo_asks_a_folder_about_its_own_headings(tmp_path: Path, data_dir: Path) -> None:
    """Somebody's own folder gets questions made of it, and only it answers them."""
    (tmp_path / "canteen.md").write_text(
        "# The canteen\n\n## When is lunch served?\n\nLunch is served from noon until two o'clock.\n",
        encoding="utf-8",
    )
    out = typed(data_dir, "demo", str(tmp_path), "--once").stdout
    assert "When is lunch served?" in out
    assert "Lunch is served from noon until two o'clock. [1]" in out
    assert set(re.findall(r"^\[\d\] ([^,\n]+)", out, flags=re.MULTILINE)) == {"canteen.md"}
