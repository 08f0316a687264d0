"""Telling which part is not well."""

import asyncio

from rag.adapters.in_memory.library import InMemoryLibrary
from rag.ports.search import SearchUnavailableError
from rag.services.check_health import CheckHealth, Health, Status
from tests.support.workbench import TickingClock


class Part:
    """A part that is well, ill or silent."""

    def __init__(self, name: str, *, needed: bool, state: str) -> None:
        self.name = name
        self.needed = needed
        self._state = state

    async def check(self) -> str:
        """Say how it is."""
        if self._state == "silent":
            await asyncio.sleep(60)
        if self._state == "ill":
            raise SearchUnavailableError("the engine refused the connection")
        return "fine"


async def health_of(*parts: Part) -> Health:
    """Check these parts."""
    service = CheckHealth(checks=parts, library=InMemoryLibrary(), clock=TickingClock(), timeout_seconds=0.05)
    return await service()


async def test_all_well() -> None:
    """Every part answers."""
    health = await health_of(Part("postgres", needed=True, state="well"))
    assert health.status is Status.OK
    assert health.can_answer
    assert health.parts[0].detail == "fine"
    assert health.parts[0].latency_ms > 0


async def test_a_missing_part_that_is_not_needed_degrades() -> None:
    """Questions are still answered."""
    health = await health_of(
        Part("postgres", needed=True, state="well"), Part("redis", needed=False, state="ill")
    )
    assert health.status is Status.DEGRADED
    assert health.can_answer
    assert "refused" in health.parts[1].detail


async def test_a_silent_part_that_is_needed_takes_the_service_down_within_its_time() -> None:
    """A check never waits longer than its limit."""
    health = await health_of(Part("postgres", needed=True, state="silent"))
    assert health.status is Status.DOWN
    assert not health.can_answer
    assert "no answer within 0.05 s" in health.parts[0].detail
