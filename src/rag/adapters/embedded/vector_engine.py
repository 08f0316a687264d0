"""How does the vector engine run beside us?"""

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import ClassVar, Final

from rag.adapters.embedded.leftovers import end, processes_naming
from rag.adapters.embedded.logs import appending
from rag.adapters.embedded.options import SupervisorOptions
from rag.adapters.embedded.places import Places, socket_folder

_SOCKET: Final = "engine.sock"
_COMMAND: Final = (sys.executable, "-P", "-m", "rag.adapters.embedded.engine")
_LOOK_SECONDS: Final = 0.5
_LEFTOVER_SECONDS: Final = 15.0


class VectorEngineServer:
    """The vector engine's process on one data directory, reachable through a socket in a closed folder."""

    name: ClassVar[str] = "engine"
    goodbyes: ClassVar[tuple[tuple[signal.Signals, float], ...]] = ((signal.SIGTERM, 30.0),)
    programs: ClassVar[str] = ""

    def __init__(self, places: Places, options: SupervisorOptions) -> None:
        self._places = places
        self._command = options.engine_command or _COMMAND
        self.log = places.log(self.name)

    @property
    def socket(self) -> Path:
        """The path of its socket."""
        folder = socket_folder(self._places.run, file_name=_SOCKET, owner=os.geteuid(), group=os.getegid())
        return folder / _SOCKET

    @property
    def url(self) -> str:
        """What its client connects to."""
        return f"unix:{self.socket}"

    def start(self) -> subprocess.Popen[bytes]:
        """This will end an engine that an earlier supervisor left behind, and start a new one."""
        path = self.socket
        end(processes_naming(path), signal.SIGTERM, seconds=_LEFTOVER_SECONDS)
        path.unlink(missing_ok=True)
        with appending(self.log) as log:
            return subprocess.Popen(
                [*self._command, "--data-dir", self._places.engine, "--socket", path],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether `process` runs and GET /readyz answers 200."""
        if process.poll() is not None:
            return False
        connection = _UnixConnection(self.socket, seconds=_LOOK_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
