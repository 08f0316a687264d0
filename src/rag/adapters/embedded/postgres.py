"""How does PostgreSQL run beside us?"""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote

from rag.adapters.embedded.binaries import Installation, choose_installation, reachable_by
from rag.adapters.embedded.cluster import (
    ROLE,
    ClusterPlace,
    find_cluster,
    major_of,
    make_cluster,
)
from rag.adapters.embedded.errors import EmbeddedServersError
from rag.adapters.embedded.leftovers import end_databases
from rag.adapters.embedded.locks import FileLock
from rag.adapters.embedded.logs import appending
from rag.adapters.embedded.options import SupervisorOptions
from rag.adapters.embedded.places import Places, socket_folder

_SOCKET: Final = ".s.PGSQL.5432"
_LEFTOVER_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class _Ready:
    """What `prepare` found out."""

    place: ClusterPlace
    installation: Installation
    sockets: Path


class PostgresServer:
    """PostgreSQL on one data directory's cluster, reachable through a socket in a closed folder only."""

    name: ClassVar[str] = "postgres"
    # SIGINT is PostgreSQL's fast shutdown; SIGQUIT ends it at once, and the next start recovers.
    goodbyes: ClassVar[tuple[tuple[signal.Signals, float], ...]] = (
        (signal.SIGINT, 60.0),
        (signal.SIGQUIT, 10.0),
    )

    def __init__(self, places: Places, options: SupervisorOptions) -> None:
        self._places = places
        self._options = options
        self._lock: FileLock | None = None
        self._prepared: _Ready | None = None
        self.log = places.log(self.name)

    @property
    def url(self) -> str:
        """What SQLAlchemy connects to."""
        folder = quote(str(self._ready_parts().sockets), safe="/")
        return f"postgresql+asyncpg://{ROLE}@/{ROLE}?host={folder}"

    @property
    def programs(self) -> str:
        """The folder of pg_dump and its kind, of the server's own version."""
        return str(self._ready_parts().installation.folder)

    def start(self) -> subprocess.Popen[bytes]:
        """This will end what an earlier supervisor left behind, make the cluster if need be, and start.

        Raises:
            EmbeddedServersError: something is in the way; the message says what.
        """
        self._prepared = prepared = self._prepare()
        must = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": f'"{prepared.sockets}"',
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        settings = [part for name, value in must.items() for part in ("-c", f"{name}={value}")]
        with appending(self.log) as log:
            return subprocess.Popen(
                [prepared.installation.program("postgres"), "-D", prepared.place.cluster, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=prepared.place.account.environment,
                **prepared.place.account.identity,
            )

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it takes logins: the server says so itself in the last line of its pid file."""
        cluster = self._ready_parts().place.cluster
        try:
            lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(process.pid) and any(line.strip() == "ready" for line in lines[7:])

    def _prepare(self) -> _Ready:
        place = find_cluster(self._places, root_home=self._options.root_home_path)
        self._claim(place)
        major = major_of(place.cluster)
        installation = reachable_by(
            choose_installation(major=major, only=self._options.postgres_bin),
            account=place.account,
            root_home=self._options.root_home_path,
        )
        end_databases(place.cluster, seconds=_LEFTOVER_SECONDS)
        if major is None:
            make_cluster(place, installation)
        sockets = socket_folder(
            place.sockets, file_name=_SOCKET, owner=place.account.uid, group=place.account.gid
        )
        _remove_stale_files(place.cluster, sockets)
        return _Ready(place=place, installation=installation, sockets=sockets)

    def _claim(self, place: ClusterPlace) -> None:
        lock = self._lock or FileLock(place.lock)
        if not lock.own():
            raise EmbeddedServersError(
                f"The servers of another data directory run on {place.cluster}. Two cannot share it: "
                f"if {self._places.data_dir} is a copy, remove its link and restore a backup into it."
            )
        self._lock = lock

    def _ready_parts(self) -> _Ready:
        if self._prepared is None:
            raise EmbeddedServersError("PostgreSQL has not been started.")
        return self._prepared


def _remove_stale_files(cluster: Path, sockets: Path) -> None:
    """Remove what a dead server left; only call it when no PostgreSQL process works in `cluster`.

    PostgreSQL itself removes a pid file whose process is dead, after a look at shared memory. It refuses to
    start when the pid lives, and cannot see that a stranger got the number meanwhile.
    """
    pid_file = cluster / "postmaster.pid"
    if pid_file.exists() and _names_a_live_process(pid_file):
        pid_file.unlink()
    for left in (sockets / _SOCKET, sockets / f"{_SOCKET}.lock"):
        left.unlink(missing_ok=True)


def _names_a_live_process(pid_file: Path) -> bool:
    first = pid_file.read_text(encoding="utf-8", errors="replace").split("\n")[0].strip()
    if not first.isdecimal():
        return True  # an empty or torn file stops PostgreSQL too
    try:
        os.kill(int(first), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
