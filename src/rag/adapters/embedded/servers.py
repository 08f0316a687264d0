"""How does a process get the servers that run beside it, and keep them while it lives?"""

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rag.adapters.embedded.errors import EmbeddedServersError
from rag.adapters.embedded.locks import FileLock, is_owned
from rag.adapters.embedded.logs import last_words
from rag.adapters.embedded.options import SupervisorOptions
from rag.adapters.embedded.places import Places
from rag.adapters.embedded.status import Phase, ServerStatus, Status, read_status

_PAUSE_SECONDS: Final = 0.02
_WATCH_SECONDS: Final = 0.25
_LONGEST_WATCH_SECONDS: Final = 5.0
_START_SECONDS: Final = 30.0
_logger = logging.getLogger(__name__)


class EmbeddedServers:
    """A hold on the servers of one data directory: they run at least until `close`, or until we are gone.

    Attributes:
        database_url: where SQLAlchemy and asyncpg find PostgreSQL; None when it was not asked for.
        engine_url: `unix:` and the path of the vector engine's socket; None when it was not asked for.
        postgres_programs: the folder of pg_dump and its kind, of the server's own version.
    """

    database_url: str | None = None
    engine_url: str | None = None
    postgres_programs: Path | None = None

    def __init__(self, places: Places, options: SupervisorOptions, *, names: tuple[str, ...]) -> None:
        self._places = places
        self._options = options
        self._locks = {name: FileLock(places.holders_lock(name)) for name in names}
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watch_supervisor, name="embedded-servers", daemon=True)

    @classmethod
    def hold(
        cls,
        data_dir: Path,
        *,
        postgres: bool = True,
        engine: bool = True,
        timeout_seconds: float = 60,
        options: SupervisorOptions | None = None,
    ) -> "EmbeddedServers":
        """This will return when the servers asked for are ready, starting those that do not run yet.

        Blocking: call it off the event loop. The first holder's `options` count; they are for tests and
        for unusual machines.

        Raises:
            EmbeddedServersError: a server cannot be started, or is not ready within `timeout_seconds`.
        """
        places = Places.of(data_dir)
        names = tuple(name for name, asked in (("postgres", postgres), ("engine", engine)) if asked)
        held = cls(places, options or SupervisorOptions(), names=names)
        if names:
            places.create()
            try:
                held._open(time.monotonic() + timeout_seconds)
            except OSError as error:
                held.close()
                raise EmbeddedServersError(
                    f"The data directory {data_dir} cannot be used: {error}."
                ) from error
            except BaseException:
                held.close()
                raise
        return held

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run at this moment: `supervisor`, `postgres`, `engine`."""
        status = read_status(self._places.status)
        return status.pids() if status else {}

    def close(self) -> None:
        """This will end the hold, at once and without waiting; a second time changes nothing."""
        self._closed.set()
        if self._watch.is_alive():
            self._watch.join()
        for lock in self._locks.values():
            lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, deadline: float) -> None:
        status = self._wait_until_ready(deadline)
        postgres = status.server("postgres")
        if "postgres" in self._locks:
            self.database_url = postgres.url
            self.postgres_programs = Path(postgres.programs)
        if "engine" in self._locks:
            self.engine_url = status.server("engine").url
        self._watch.start()

    def _wait_until_ready(self, deadline: float) -> Status:
        before = read_status(self._places.status) if self._supervisor_lives() else None
        status = before
        while time.monotonic() < deadline:
            if all(lock.share() for lock in self._locks.values()):
                if not self._supervisor_lives():
                    before = None
                    self._start_supervisor()
                status = read_status(self._places.status) or Status(pid=0)
                if self._all_ready(status, before) and self._supervisor_lives():
                    return status
            time.sleep(_PAUSE_SECONDS)
        raise EmbeddedServersError(self._late(status or Status(pid=0)))

    def _all_ready(self, status: Status, before: Status | None) -> bool:
        for name in self._locks:
            server = status.server(name)
            # A failure from before we came may have been put right since: the next attempt tells.
            old = before.server(name) if before else ServerStatus()
            if server.phase is Phase.FAILED and not (old.phase is Phase.FAILED and server == old):
                raise EmbeddedServersError(server.problem)
            if server.phase is not Phase.READY:
                return False
        return True

    def _late(self, status: Status) -> str:
        late = [name for name in self._locks if status.server(name).phase is not Phase.READY]
        name = late[0] if late else "supervisor"
        problem = status.server(name).problem
        log = self._places.log(name)
        words = last_words(log) or last_words(self._places.log("supervisor")) or "nothing"
        return problem or (
            f"The embedded server {name} was not ready in time. It printed last: {words}. Its log: {log}"
        )

    def _supervisor_lives(self) -> bool:
        return is_owned(self._places.supervisor_lock)

    def _start_supervisor(self) -> None:
        module = "rag.adapters.embedded.supervisor"
        command = [sys.executable, "-P", "-m", module, "--data-dir", str(self._places.data_dir)]
        try:
            started = subprocess.run(
                [*command, "--options", self._options.to_argument()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_START_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedServersError(f"The servers' supervisor cannot be started: {error}.") from error
        if started.returncode != 0:
            words = started.stderr.decode("utf-8", errors="replace").strip().splitlines()
            raise EmbeddedServersError(
                words[-1] if words else "The servers' supervisor ended without a word."
            )

    def _watch_supervisor(self) -> None:
        """Start a new supervisor when ours was killed: it serves under the same sockets."""
        pause = _WATCH_SECONDS
        while not self._closed.wait(pause):
            try:
                if self._supervisor_lives():
                    pause = _WATCH_SECONDS
                    continue
                _logger.warning("The embedded servers' supervisor has gone; starting another.")
                self._start_supervisor()
            except (EmbeddedServersError, OSError) as error:
                _logger.warning("The embedded servers' supervisor cannot be started: %s", error)
            pause = min(pause * 2, _LONGEST_WATCH_SECONDS)
