"""Who runs the servers of one data directory, and ends them after the last holder has gone?

Run as `python -m rag.adapters.embedded.supervisor --data-dir DIR`. The process that was started ends as soon
as its child, which is nobody's child then, owns the supervisor's lock.
"""

import argparse
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rag.adapters.embedded.keeping import KeptServer
from rag.adapters.embedded.locks import FileLock
from rag.adapters.embedded.logs import appending, keep_small
from rag.adapters.embedded.options import SupervisorOptions
from rag.adapters.embedded.places import Places
from rag.adapters.embedded.postgres import PostgresServer
from rag.adapters.embedded.status import Status, write_status
from rag.adapters.embedded.vector_engine import VectorEngineServer
from rag.adapters.embedded.waiting import wait_until

_TAKE_OVER_SECONDS: Final = 1.0
_BEAT_SECONDS: Final = 1.0
# Long enough to see two beats of a supervisor on another machine.
_LISTEN_SECONDS: Final = 3.0
_logger = logging.getLogger(__name__)


class Supervisor:
    """Steps through its servers until nobody needs one any more, or until it is told to end."""

    def __init__(self, places: Places, options: SupervisorOptions) -> None:
        self._places = places
        self._poll_seconds = options.poll_seconds
        self._servers = [
            KeptServer(
                server,
                holders=FileLock(places.holders_lock(server.name)),
                grace_seconds=options.grace_seconds,
            )
            for server in (VectorEngineServer(places, options), PostgresServer(places, options))
        ]
        self._told: Status | None = None
        self._told_to_end = False
        self._next_beat = 0.0

    def run(self) -> None:
        """This will keep the servers running while they are needed, and end them in any case."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end_soon())
        try:
            while not self._told_to_end and self._step():
                time.sleep(self._poll_seconds)
        finally:
            for server in self._servers:
                server.stop()
            self._tell()

    def _end_soon(self) -> None:
        self._told_to_end = True

    def _step(self) -> bool:
        needed = False
        for server in self._servers:
            needed = server.step(time.monotonic()) or needed
            self._tell()
        if time.monotonic() >= self._next_beat:
            self._beat()
        return needed

    def _tell(self) -> None:
        status = Status(pid=os.getpid(), servers={server.name: server.status for server in self._servers})
        if status == self._told:
            return
        try:
            write_status(self._places.status, status)
        except OSError as error:  # a full disk is no reason to end the servers: tell it later
            _logger.warning("the status cannot be written: %s", error)
        else:
            self._told = status

    def _beat(self) -> None:
        os.utime(self._places.supervisor_lock)
        for server in self._servers:
            server.tidy()
        keep_small(self._places.log("supervisor"))
        self._next_beat = time.monotonic() + _BEAT_SECONDS


def main(arguments: Sequence[str] | None = None) -> int:
    """This will become the supervisor of a data directory, unless there is one already."""
    parser = argparse.ArgumentParser(description="Run the embedded servers of one data directory.")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--options", type=SupervisorOptions.from_argument, default=SupervisorOptions())
    parsed = parser.parse_args(arguments)
    places = Places.of(parsed.data_dir)
    lock = FileLock(places.supervisor_lock)
    # A holder that looks whether the lock is free holds it for a moment.
    if not wait_until(lock.own, seconds=_TAKE_OVER_SECONDS):
        return 0
    stranger = _other_host(places.supervisor_lock)
    if stranger:
        sys.stderr.write(f"The data directory {places.data_dir} is in use on another machine, {stranger}.\n")
        return 1
    places.supervisor_lock.write_text(socket.gethostname(), encoding="utf-8")
    write_status(places.status, Status(pid=os.getpid()))
    if os.fork() != 0:
        return 0
    _detach(places)
    Supervisor(places, parsed.options).run()
    places.supervisor_lock.write_text("", encoding="utf-8")
    lock.release()
    return 0


def _other_host(lock: Path) -> str:
    """Name the machine whose supervisor still gives signs of life; empty when there is none.

    On a disk that is shared over a network the lock may hold within one machine only. A supervisor that was
    killed leaves its machine's name, but touches the file no more.
    """
    host = lock.read_text(encoding="utf-8").strip()
    if host in {"", socket.gethostname()}:
        return ""
    seen = _touched(lock)
    alive = wait_until(lambda: _touched(lock) != seen, seconds=_LISTEN_SECONDS)
    return host if alive else ""


def _touched(file: Path) -> int:
    # A network file system asks its server for the time only when a file is opened.
    with file.open("rb") as opened:
        return os.fstat(opened.fileno()).st_mtime_ns


def _detach(places: Places) -> None:
    os.setsid()
    os.umask(0o077)
    os.chdir("/")
    with appending(places.log("supervisor")) as log:
        for stream in (1, 2):
            os.dup2(log, stream)
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)sZ %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    _logger.info("supervisor started: pid %d", os.getpid())


if __name__ == "__main__":
    sys.exit(main())
