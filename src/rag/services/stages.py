"""How long did each stage of a request take?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rag.ports.clock import Clock


@dataclass(slots=True)
class StageTimer:
    """Adds up milliseconds by stage; one a request."""

    clock: Clock
    milliseconds: dict[str, float] = field(default_factory=dict)
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock.seconds()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """This will add the time spent inside the context to stage `name`."""
        began = self.clock.seconds()
        try:
            yield
        finally:
            spent = (self.clock.seconds() - began) * 1000
            self.milliseconds[name] = self.milliseconds.get(name, 0.0) + spent

    def total_milliseconds(self) -> float:
        """This will give the time since the timer was made."""
        return (self.clock.seconds() - self._started) * 1000
