"""What does the supervisor tell its holders, and how?"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path


class Phase(StrEnum):
    """Where a server stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server as its supervisor sees it.

    Attributes:
        attempt: how often it was started by this supervisor.
        problem: why it is FAILED, in one sentence for people.
        programs: the folder of the server's own programs, such as pg_dump; empty where it has none.
    """

    phase: Phase = Phase.STOPPED
    attempt: int = 0
    pid: int | None = None
    url: str = ""
    problem: str = ""
    programs: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the supervisor `pid` tells."""

    pid: int
    servers: Mapping[str, ServerStatus] = field(default_factory=dict)

    def server(self, name: str) -> ServerStatus:
        """The status of one server; STOPPED where nothing is known."""
        return self.servers.get(name, ServerStatus())

    def pids(self) -> dict[str, int]:
        """The processes that run now, by name."""
        running = {name: status.pid for name, status in self.servers.items() if status.pid is not None}
        return {"supervisor": self.pid, **running}


def write_status(path: Path, status: Status) -> None:
    """This will replace the status at `path` in one step: readers see the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(json.dumps(asdict(status)), encoding="utf-8")
    draft.replace(path)


def read_status(path: Path) -> Status | None:
    """This will read the status at `path`, or give None where no supervisor has written one."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        servers = {
            name: ServerStatus(**{**server, "phase": Phase(server["phase"])})
            for name, server in fields["servers"].items()
        }
        return Status(pid=fields["pid"], servers=servers)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
