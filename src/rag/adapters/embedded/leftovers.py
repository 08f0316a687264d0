"""Which processes has an earlier supervisor left behind, and how do we end them?"""

import signal
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import psutil

from rag.adapters.embedded.waiting import wait_until

_PROGRAMS: Final = ("postgres", "initdb")
_ROUNDS: Final = 3
_KILL_SECONDS: Final = 5.0


def database_processes(cluster: Path) -> list[psutil.Process]:
    """This will find PostgreSQL's processes that work in `cluster`.

    Every one of them works in that folder, or names it in its command. A pid in a file proves nothing:
    pids are used again.
    """
    return [process for process in psutil.process_iter() if _works_in(process, str(cluster))]


def processes_naming(path: Path) -> list[psutil.Process]:
    """This will find processes that have `path` as a whole argument, right behind `--socket`."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            if ("--socket", str(path)) in pairwise(words):
                found.append(process)
    return found


def end_databases(cluster: Path, *, seconds: float) -> bool:
    """This will end what still works in `cluster`: a fast shutdown first, kill -9 after `seconds`.

    Returns:
        whether there was anything.
    """
    found = database_processes(cluster)
    for _ in range(_ROUNDS):
        remaining = database_processes(cluster)
        if not remaining:
            break
        # A postmaster tells its own children what to do; SIGINT is its word for a fast shutdown.
        own = {process.pid for process in remaining}
        end([process for process in remaining if _parent(process) not in own], signal.SIGINT, seconds=seconds)
        _kill_after(seconds, remaining)
    return bool(found)


def end(processes: Iterable[psutil.Process], gentle: signal.Signals, *, seconds: float) -> None:
    """This will send `gentle`, wait up to `seconds`, and kill what is left."""
    asked = list(processes)
    for process in asked:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(gentle)
    _kill_after(seconds, asked)


def is_gone(process: psutil.Process) -> bool:
    """This will say whether a process has ended.

    One that only waits for its parent to notice has: in a container it may wait forever.
    """
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _kill_after(seconds: float, processes: list[psutil.Process]) -> None:
    if wait_until(lambda: all(map(is_gone, processes)), seconds=seconds):
        return
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: all(map(is_gone, processes)), seconds=_KILL_SECONDS)


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return 0


def _works_in(process: psutil.Process, cluster: str) -> bool:
    try:
        if not process.name().startswith(_PROGRAMS):
            return False
        return cluster in process.cmdline() or process.cwd() == cluster
    except psutil.Error:  # it is gone, or belongs to somebody else and so cannot work on our files
        return False
