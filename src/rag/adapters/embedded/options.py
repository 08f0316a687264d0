"""How does a supervisor behave, and how is that told to the process that becomes one?"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SupervisorOptions:
    """What the first holder of a data directory asks of its supervisor; later holders take what runs.

    Attributes:
        grace_seconds: how long a server stays after its last holder has gone.
        poll_seconds: how often the supervisor looks at its servers and their holders.
        engine_command: the vector engine's program, in place of our own.
        postgres_bin: a folder with PostgreSQL's programs, in place of those that are found.
        root_home: where root keeps what PostgreSQL's user could not reach otherwise.
    """

    grace_seconds: float = 1.5
    poll_seconds: float = 0.05
    engine_command: tuple[str, ...] = ()
    postgres_bin: str | None = None
    root_home: str = "/var/lib/rag-system"

    def to_argument(self) -> str:
        """This will write the options as one argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> "SupervisorOptions":
        """This will read back what `to_argument` wrote."""
        fields = json.loads(argument)
        fields["engine_command"] = tuple(fields["engine_command"])
        return cls(**fields)

    @property
    def root_home_path(self) -> Path:
        """Where root keeps what PostgreSQL's user could not reach otherwise, as a path."""
        return Path(self.root_home)
