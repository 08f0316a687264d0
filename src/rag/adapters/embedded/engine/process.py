"""How does the engine's process begin, take turns with others, and end?"""

import asyncio
import errno
import fcntl
import logging
import os
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import uvicorn

from rag.adapters.embedded.engine.app import Application
from rag.adapters.embedded.engine.collection_routes import FLUSH_SECONDS
from rag.adapters.embedded.engine.refusals import RefusedError
from rag.adapters.embedded.engine.store import Store

_LOG: Final = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 5


class CannotStartError(Exception):
    """The process cannot serve: the text says why."""


@contextmanager
def only_opener(data_dir: Path) -> Iterator[None]:
    """This will hold the data directory for this process alone; the kernel lets go of it even after kill -9.

    Raises:
        CannotStartError: another process holds it, or it cannot be written.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data_dir / "engine.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStartError(f"The data directory {data_dir} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 32).decode() or "unknown"
        os.close(lock)
        raise CannotStartError(
            f"The data directory {data_dir} is already served by the process {holder}."
        ) from error
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(lock)


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """This will listen at `path` for this user alone, in place of a socket that nobody serves any more.

    Raises:
        CannotStartError: somebody serves it, it is another kind of file, or it cannot be made.
    """
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    former = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise CannotStartError(f"The socket {path} cannot be made: {error}.") from error
    finally:
        os.umask(former)
    ours = path.stat().st_ino
    try:
        yield listener
    finally:
        listener.close()
        with suppress(FileNotFoundError):
            if path.stat().st_ino == ours:
                path.unlink()


def _remove_stale(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise CannotStartError(f"{path} is in the way: it is not a socket.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno not in {errno.ECONNREFUSED, errno.ENOENT}:
                raise CannotStartError(f"The socket {path} cannot be looked at: {error}.") from error
            path.unlink(missing_ok=True)
            return
    raise CannotStartError(f"The socket {path} is served by another process.")


class EngineProcess:
    """One store served on one socket until it is told to stop, its parent is gone, or the engine panics."""

    def __init__(self, *, data_dir: Path, parent: int | None) -> None:
        self._store = Store(data_dir)
        self._parent = parent
        self._failed = False
        application = Application(self._store, give_up=self._give_up)
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )

    async def serve(self, listener: socket.socket) -> int:
        """This will serve, and give the exit code: 0 when told to stop, 1 after a failure."""
        for number in (signal.SIGTERM, signal.SIGINT):
            # Uvicorn raises the signal again for whoever handled it before: that must not end the process.
            signal.signal(number, lambda _number, _frame: self._stop())
        tasks = [
            asyncio.create_task(work)
            for work in (self._open(), self._flush_regularly(), self._watch_parent())
        ]
        try:
            await self._server.serve(sockets=[listener])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()
        return 1 if self._failed else 0

    async def _close(self) -> None:
        try:
            await self._store.close()
        except RefusedError as error:
            self._failed = True
            _LOG.error("%s", error)

    async def _open(self) -> None:
        try:
            await self._store.open()
        except Exception:
            self._give_up()
            _LOG.exception("the collections cannot be opened")
            raise

    async def _flush_regularly(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self._store.flush()

    async def _watch_parent(self) -> None:
        while self._parent is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            if os.getppid() != self._parent:
                _LOG.warning("the process that started this one is gone: stopping")
                self._stop()
                return

    def _stop(self) -> None:
        self._server.should_exit = True

    def _give_up(self) -> None:
        self._failed = True
        self._stop()
