"""How does this process call itself to others that share its PostgreSQL?"""

import hashlib
import os
import platform
import secrets
from functools import cache
from pathlib import Path
from typing import Final

import psutil
from sqlalchemy import make_url

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE: Final = Path("/proc/self/ns/pid")


@cache
def process_name() -> str:
    """This will give a name that no other process has, such as `host@5d41402a:4711-9f2c01`.

    It is short enough to be a session's application_name, which PostgreSQL cuts at 63 bytes. The part after
    the `@` stands for where the process's number counts; it is missing where that cannot be known.
    """
    node = "".join(c for c in platform.node() if c.isascii() and c.isprintable() and c != "@")
    counted = counted_where()
    machine = f"{node[:30] or 'host'}@{counted}" if counted else node[:30] or "host"
    return f"{machine}:{os.getpid()}-{secrets.token_hex(3)}"


def counted_where() -> str | None:
    """This will give a short mark of the kernel's boot and the PID namespace; None where there is none.

    Containers may share a host name, and each counts its processes from 1.
    """
    try:
        boot = _BOOT.read_text().strip()
        namespace = _NAMESPACE.stat().st_ino
    except OSError:
        return None
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:8]


def is_gone(name: str) -> bool:
    """This will say whether the process of that name ran on this machine and does so no more.

    A process elsewhere, or one whose number another process has now, is never said to be gone. Neither is
    any where we cannot know whose numbers we see.
    """
    machine, _, rest = name.rpartition(":")
    number = rest.partition("-")[0]
    ours = process_name().rpartition(":")[0]
    known = machine == ours and "@" in ours
    return known and number.isdecimal() and not psutil.pid_exists(int(number))


def signed(database_url: str) -> str:
    """This will put the process's name on the sessions that are opened with the URL.

    Whoever takes a job over from a process that fell silent finds by it what that one still holds.
    """
    url = make_url(database_url).update_query_dict({"application_name": f"rag {process_name()}"})
    return url.render_as_string(hide_password=False)
