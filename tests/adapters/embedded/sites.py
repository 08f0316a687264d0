"""A place for one test's data directory, and programs that hold its servers."""

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

import rag
from rag.adapters.embedded import EmbeddedServers, SupervisorOptions
from rag.adapters.embedded.accounts import Identity
from rag.adapters.embedded.leftovers import is_gone
from rag.adapters.embedded.locks import is_owned
from rag.adapters.embedded.status import Status, read_status
from rag.adapters.embedded.waiting import wait_until

HERE = Path(__file__).parent
TINY_ENGINE = str(HERE / "tiny_engine.py")
IS_ROOT = os.geteuid() == 0


@dataclass
class Site:
    """One data directory below `base`, and what a test starts on it."""

    base: Path
    programs: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        """The data directory; not made yet."""
        return self.base / "d"

    @property
    def options(self) -> SupervisorOptions:
        """Quick, with the stand-in for the engine, and nothing outside `base`."""
        return SupervisorOptions(
            grace_seconds=0.3,
            engine_command=(sys.executable, TINY_ENGINE),
            root_home=str(self.base / "root-home"),
        )

    def hold(self, **options: Any) -> EmbeddedServers:  # noqa: ANN401 - passed on as they are
        """Hold the servers in this process."""
        return EmbeddedServers.hold(
            self.data_dir, **{"options": self.options, "timeout_seconds": 30, **options}
        )

    def program(
        self,
        *,
        data_dir: Path | None = None,
        python: str = sys.executable,
        identity: Identity | None = None,
        engine: bool = False,
    ) -> subprocess.Popen[str]:
        """Start a program that holds PostgreSQL, and the engine where it is asked for."""
        started = subprocess.Popen(
            [
                python,
                str(HERE / "holder.py"),
                str(data_dir or self.data_dir),
                self.options.root_home,
                *(["--engine"] if engine else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": python_path()},
            **(identity or {}),
        )
        self.programs.append(started)
        return started

    def status(self) -> Status:
        """What the supervisor tells."""
        return read_status(self.data_dir / "run" / "status.json") or Status(pid=0)

    def is_quiet(self) -> bool:
        """Whether no supervisor lives and no process names this place or works in it."""
        return not is_owned(self.data_dir / "run" / "supervisor.lock") and not list(self.processes())

    def processes(self) -> Iterator[psutil.Process]:
        """Every process but ourselves that names this place or works in it."""
        place = str(self.base)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid == os.getpid() or is_gone(process):
                    continue
                if process.cwd().startswith(place) or any(place in word for word in process.cmdline()):
                    yield process

    def clean(self) -> None:
        """End the test's programs, prove that nothing else is left, and remove the place."""
        for program in self.programs:
            program.kill()
            program.communicate()
        quiet = wait_until(self.is_quiet, seconds=15)
        left = [process.cmdline() for process in self.processes()]
        for process in self.processes():
            process.kill()
        shutil.rmtree(self.base, ignore_errors=True)
        assert quiet, left


def told(program: subprocess.Popen[str]) -> dict[str, Any]:
    """Read the line that a program of ours prints when it holds the servers, or cannot."""
    assert program.stdout is not None
    answer: dict[str, Any] = json.loads(program.stdout.readline())
    return answer


def kill(pid: int) -> None:
    """Kill -9 a process, and wait until it is gone."""
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    assert wait_until(lambda: is_gone(process), seconds=5)


def runs(pid: int) -> bool:
    """Whether a process of this number runs."""
    try:
        return not is_gone(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def ask(url: str | None, statement: str) -> list[Any]:
    """Run one statement in a connection of its own, and give the first column."""
    assert url is not None

    async def run() -> list[Any]:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                found = await connection.execute(text(statement))
                return list(found.scalars()) if found.returns_rows else []
        finally:
            await engine.dispose()

    return asyncio.run(run())


def write(url: str | None, number: int) -> None:
    """Commit one number."""
    ask(url, "CREATE TABLE IF NOT EXISTS numbers (number int)")
    ask(url, f"INSERT INTO numbers VALUES ({number})")  # noqa: S608 - a number of our own


def numbers(url: str | None) -> list[Any]:
    """Read back what `write` committed."""
    return ask(url, "SELECT number FROM numbers ORDER BY number")


def answers(url: str | None) -> bool:
    """Whether a login and a statement work right now."""
    try:
        return ask(url, "SELECT 1") == [1]
    except (OSError, DBAPIError):
        return False


def python_path() -> str:
    """Where a child of any user finds our code and its dependencies."""
    return os.pathsep.join([str(Path(rag.__file__).parents[1]), *(part for part in sys.path if part)])


def ordinary_user() -> tuple[Identity, str] | None:
    """Give an ordinary user and a Python that it can run our code with; None where there is none."""
    if not IS_ROOT:
        return {}, sys.executable
    entry = pwd.getpwnam("nobody")
    identity: Identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        try:
            subprocess.run(
                [python, "-c", "import psutil, rag.adapters.embedded"],
                check=True,
                capture_output=True,
                cwd="/",
                env={**os.environ, "PYTHONPATH": python_path()},
                **identity,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return identity, python
    return None
