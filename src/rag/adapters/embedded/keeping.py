"""How is one server kept running while somebody needs it?"""

import logging
import signal
import subprocess
from pathlib import Path
from typing import Final, Protocol

from rag.adapters.embedded.errors import EmbeddedServersError
from rag.adapters.embedded.locks import FileLock
from rag.adapters.embedded.logs import keep_small, last_words
from rag.adapters.embedded.status import Phase, ServerStatus

_DEATHS_BEFORE_REPORT: Final = 3
_STABLE_SECONDS: Final = 30.0
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 10.0
_logger = logging.getLogger(__name__)


class Server(Protocol):
    """A program that can be started, asked whether it is ready, and told to end."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def log(self) -> Path:
        """Where what it prints goes."""

    @property
    def url(self) -> str:
        """Where it is reached; known once it was started."""

    @property
    def programs(self) -> str:
        """The folder of its own programs; empty where it has none."""

    @property
    def goodbyes(self) -> tuple[tuple[signal.Signals, float], ...]:
        """Signals that end it, gentlest first, each with the seconds it is given."""

    def start(self) -> subprocess.Popen[bytes]:
        """This will start it, or raise EmbeddedServersError."""

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """This will ask whether it can be used."""


class KeptServer:
    """Runs a server while a holder shares its lock, and a little longer; starts it anew when it dies."""

    def __init__(self, server: Server, *, holders: FileLock, grace_seconds: float) -> None:
        self._server = server
        self._holders = holders
        self._grace_seconds = grace_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._phase = Phase.STOPPED
        self._problem = ""
        self._attempt = 0
        self._deaths = 0
        self._alone_since: float | None = None
        self._started_at = 0.0
        self._retry_at = 0.0

    @property
    def name(self) -> str:
        """The server's name."""
        return self._server.name

    @property
    def status(self) -> ServerStatus:
        """What holders are told."""
        ready = self._phase is Phase.READY
        return ServerStatus(
            phase=self._phase,
            attempt=self._attempt,
            pid=self._process.pid if self._process else None,
            url=self._server.url if ready else "",
            problem=self._problem,
            programs=self._server.programs if ready else "",
        )

    def step(self, now: float) -> bool:
        """This will do what is due at `now`, in monotonic seconds, and say whether the server is needed."""
        if not self._needed(now):
            self.stop()
            self._holders.release()
            return False
        if self._process is None:
            if now >= self._retry_at:
                self._start(now)
        elif self._process.poll() is not None:
            self._died(self._process.returncode, now)
        elif self._phase is not Phase.READY:
            self._look(self._process, now)
        elif now - self._started_at > _STABLE_SECONDS:
            self._deaths = 0
        return True

    def tidy(self) -> None:
        """This will keep the server's log small."""
        keep_small(self._server.log)

    def stop(self) -> None:
        """This will end the server and wait until it has gone."""
        if self._process is not None:
            _end(self._process, self._server.goodbyes)
            _logger.info("%s stopped", self.name)
        self._process = None
        self._phase = Phase.STOPPED
        self._deaths = 0
        self._retry_at = 0.0

    def _needed(self, now: float) -> bool:
        if not self._holders.own():
            self._alone_since = None
            return True
        if self._alone_since is None:
            self._alone_since = now
        patience = self._grace_seconds if self._process else 0.0
        if now - self._alone_since < patience:
            self._holders.release()
            return True
        return False  # the lock stays ours while the server stops, so that no holder comes in between

    def _start(self, now: float) -> None:
        self._attempt += 1
        self._started_at = now
        self._phase = Phase.STARTING
        try:
            self._process = self._server.start()
        except EmbeddedServersError as error:
            self._fail(str(error), now)
        except OSError as error:
            self._fail(f"{self.name} cannot be started: {error}.", now)

    def _look(self, process: subprocess.Popen[bytes], now: float) -> None:
        if self._server.is_ready(process):
            self._phase = Phase.READY
            self._problem = ""
            _logger.info("%s ready: pid %d, %.2f s", self.name, process.pid, now - self._started_at)

    def _died(self, code: int, now: float) -> None:
        was_ready = self._phase is Phase.READY
        self._process = None
        words = last_words(self._server.log)
        problem = (
            f"The embedded server {self.name} {_ending(code)}. "
            f"It printed last: {words or 'nothing'}. Its log: {self._server.log}"
        )
        if was_ready and self._deaths < _DEATHS_BEFORE_REPORT:
            _logger.warning("%s; starting it again", problem)
            self._deaths += 1
            self._phase = Phase.STARTING
            self._retry_at = now
        else:
            self._fail(problem, now)

    def _fail(self, problem: str, now: float) -> None:
        if problem != self._problem:
            _logger.error("%s", problem)
        self._problem = problem
        self._phase = Phase.FAILED
        pause = _FIRST_PAUSE_SECONDS * 2.0 ** min(self._deaths, 10)
        self._deaths += 1
        self._retry_at = now + min(_LONGEST_PAUSE_SECONDS, pause)


def _ending(code: int) -> str:
    return f"ended with code {code}" if code >= 0 else f"was ended by signal {-code}"


def _end(process: subprocess.Popen[bytes], goodbyes: tuple[tuple[signal.Signals, float], ...]) -> None:
    for goodbye, seconds in goodbyes:
        process.send_signal(goodbye)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()
