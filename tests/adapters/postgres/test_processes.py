"""Is a process told from others that are called alike?"""

import os
from pathlib import Path

import psutil
import pytest

from rag.adapters.postgres import processes
from rag.adapters.postgres.processes import counted_where, is_gone, process_name

NOBODY = 2**22 + 1  # beyond what Linux numbers a process with


def test_a_name_fits_a_session() -> None:
    """With its prefix it is no longer than PostgreSQL keeps, however long the host's name."""
    process_name.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("platform.node", lambda: "a-very-long-name." * 9)
        assert len(f"rag {process_name()}".encode()) <= 63
    process_name.cache_clear()
    assert f":{os.getpid()}-" in process_name()
    assert process_name() == process_name()


@pytest.mark.skipif(
    counted_where() is None, reason="this system does not say where its processes are counted"
)
def test_only_processes_counted_here_are_said_to_be_gone() -> None:
    """The same host name with another boot or PID namespace is another machine: its numbers say nothing."""
    machine = process_name().rpartition(":")[0]
    host, _, mark = machine.rpartition("@")
    assert not psutil.pid_exists(NOBODY)
    assert is_gone(f"{machine}:{NOBODY}-abcdef")
    assert not is_gone(f"{machine}:{os.getpid()}-abcdef")
    assert not is_gone(f"{host}@{mark[::-1]}0:{NOBODY}-abcdef")
    assert not is_gone(f"{host}:{NOBODY}-abcdef")
    assert not is_gone("other")


def test_where_nothing_tells_the_places_apart_nobody_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a boot id and a namespace a host's name alone proves nothing."""
    monkeypatch.setattr(processes, "_NAMESPACE", Path("/nowhere/pid"))
    process_name.cache_clear()
    try:
        assert counted_where() is None
        machine = process_name().rpartition(":")[0]
        assert not is_gone(f"{machine}:{NOBODY}-abcdef")
    finally:
        process_name.cache_clear()
