"""Is the service well, and which part is not?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.domain.errors import RagError
from rag.ports.clock import Clock
from rag.ports.health import HealthCheck
from rag.ports.library import Generation, Library, LibraryUnavailableError


class Status(StrEnum):
    """The whole service, or one part of it."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: its state, how long it took to say so, and what it said."""

    name: str
    status: Status
    latency_ms: float
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """The whole picture.

    Attributes:
        generation: the live one; None before the first ingest or while PostgreSQL is away.
    """

    status: Status
    parts: Sequence[PartHealth]
    generation: Generation | None

    @property
    def can_answer(self) -> bool:
        """Whether questions are answered now, well or less well."""
        return self.status is not Status.DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHealth:
    """Ask every part side by side, each within its time."""

    checks: Sequence[HealthCheck]
    library: Library
    clock: Clock
    timeout_seconds: float = 2.0

    async def __call__(self) -> Health:
        """This will always give an answer, within about `timeout_seconds`."""
        parts, generation = await asyncio.gather(
            asyncio.gather(*(self._part(check) for check in self.checks)), self._generation()
        )
        needed = {check.name for check in self.checks if check.needed}
        down = {part.name for part in parts if part.status is not Status.OK}
        status = Status.DOWN if down & needed else Status.DEGRADED if down else Status.OK
        return Health(status, parts, generation)

    async def _part(self, check: HealthCheck) -> PartHealth:
        began = self.clock.seconds()
        try:
            async with asyncio.timeout(self.timeout_seconds):
                detail, status = await check.check(), Status.OK
        except TimeoutError:
            detail, status = f"no answer within {self.timeout_seconds:g} s", Status.DOWN
        except RagError as error:
            detail, status = str(error), Status.DOWN
        return PartHealth(check.name, status, (self.clock.seconds() - began) * 1000, detail)

    async def _generation(self) -> Generation | None:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self.library.live_generation()
        except (TimeoutError, LibraryUnavailableError):
            return None
