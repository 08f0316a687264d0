"""Where do tests get a real engine process?"""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from qdrant_client import AsyncQdrantClient

from rag.adapters.qdrant import connect

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_READY: Final = b"GET /readyz HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n"


class StartedEngine:
    """One engine process of ours; its data directory outlives it, so it can be started again."""

    def __init__(self, data_dir: Path, *, options: Sequence[str] = ()) -> None:
        self.data_dir = data_dir
        # A path of its own, because a socket's path is limited to about a hundred bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="rag-engine-"))
        self.socket = self.folder / "engine.sock"
        self.log = self.folder / "log"
        self.options = options
        self.process = self._start()

    @property
    def url(self) -> str:
        """The address as `QDRANT_URL` takes it."""
        return f"unix:{self.socket}"

    def kill(self) -> None:
        """End it the hard way."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)

    def restart(self) -> None:
        """Start it again on the same data and the same socket, after it has ended."""
        self.process = self._start()

    def remove(self) -> None:
        """End it if it still runs, and remove its socket and its log."""
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self, request: bytes) -> bytes:
        """Send one plain request, and give the first line of the answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_START_SECONDS)
            connection.connect(str(self.socket))
            connection.sendall(request)
            return connection.recv(4096).split(b"\r\n", 1)[0]

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "rag.adapters.embedded.engine"]
        places = ["--data-dir", str(self.data_dir), "--socket", str(self.socket)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*command, *places, *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"The engine ended: {self.log.read_text()}")
            with suppress(OSError):
                if b" 200 " in self.answers(_READY):
                    return
            time.sleep(0.02)
        process.kill()
        raise TimeoutError(self.log.read_text())


@contextmanager
def started_engine(data_dir: Path, *, options: Sequence[str] = ()) -> Iterator[StartedEngine]:
    """Run an engine on `data_dir` that the test may kill and start again."""
    engine = StartedEngine(data_dir, options=options)
    try:
        yield engine
    finally:
        engine.remove()


@contextmanager
def running_engine(data_dir: Path) -> Iterator[str]:
    """Run an engine on `data_dir`, and give its `unix:` address."""
    with started_engine(data_dir) as engine:
        yield engine.url


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncQdrantClient]:
    """Connect the official client, and close it whatever happens."""
    client = connect(url)
    try:
        yield client
    finally:
        await client.close()
