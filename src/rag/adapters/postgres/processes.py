"""How does this process call itself to others that share its PostgreSQL?"""

import os
import platform
import secrets
from functools import cache

import psutil
from sqlalchemy import make_url


@cache
def process_name() -> str:
    """This will give a name that no other process has, such as `host:4711-9f2c01`.

    It is short enough to be a session's application_name, which PostgreSQL cuts at 63 bytes.
    """
    node = "".join(c for c in platform.node() if c.isascii() and c.isprintable())
    return f"{node[:36] or 'host'}:{os.getpid()}-{secrets.token_hex(3)}"


def is_gone(name: str) -> bool:
    """This will say whether the process of that name ran on this machine and does so no more.

    A process elsewhere, or one whose number another process has now, is never said to be gone.
    """
    machine, _, rest = name.rpartition(":")
    number = rest.partition("-")[0]
    ours = process_name().rpartition(":")[0]
    return machine == ours and number.isdecimal() and not psutil.pid_exists(int(number))


def signed(database_url: str) -> str:
    """This will put the process's name on the sessions that are opened with the URL.

    Whoever takes a job over from a process that fell silent finds by it what that one still holds.
    """
    url = make_url(database_url).update_query_dict({"application_name": f"rag {process_name()}"})
    return url.render_as_string(hide_password=False)
