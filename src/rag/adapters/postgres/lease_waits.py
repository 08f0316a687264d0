"""Who keeps us waiting for a lease, and for how long do we put up with it?"""

import time
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.ports.library import LibraryUnavailableError

# What PostgreSQL says of sessions stays the same within a transaction, unless it is told to look again.
_LOOK_AGAIN: Final = text("SELECT pg_stat_clear_snapshot()")
_HOLDER: Final = text(
    """
    SELECT pid, xact_start, application_name
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = :key
    """
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Impatience:
    """When a wait is spoken of, and when it ends.

    Attributes:
        look_seconds: how often we look who holds the lease; the first look is told.
        tell_seconds: how often we tell it after that.
        limit_seconds: how long one and the same holder may keep it after the first look: far longer than
            any write takes, so that it has most likely been stopped.
    """

    look_seconds: float = 10.0
    tell_seconds: float = 60.0
    limit_seconds: float = 300.0


@dataclass
class Wait:
    """One wait for one lease, over the connection that asks for it."""

    connection: AsyncConnection
    name: str
    key: int
    impatience: Impatience
    _began: float = field(default_factory=time.monotonic, init=False)
    _looked: float = field(default_factory=time.monotonic, init=False)
    _told: float | None = field(default=None, init=False)
    _holder: tuple[object, ...] | None = field(default=None, init=False)
    _held_since: float = field(default=0.0, init=False)

    async def go_on(self) -> None:
        """This will tell now and then who holds the lease.

        Raises:
            LibraryUnavailableError: the same holder has it for too long.
        """
        now = time.monotonic()
        if now - self._looked < self.impatience.look_seconds:
            return
        self._looked = now
        await self.connection.execute(_LOOK_AGAIN)
        row = (await self.connection.execute(_HOLDER, {"key": self.key})).first()
        holder = None if row is None else (row.pid, row.xact_start)
        if holder is None or holder != self._holder:
            self._holder, self._held_since = holder, now
        if row is not None:
            self._judge(f"{row.application_name or 'a program without a name'} (session {row.pid})", now)

    def _judge(self, holder: str, now: float) -> None:
        held = now - self._held_since
        if held >= self.impatience.limit_seconds:
            raise LibraryUnavailableError(
                f"The lease {self.name} is held by {holder}, which has not given it back for {held:.0f} "
                "seconds. Let that process go on if it was stopped (kill -CONT), or end it: its number "
                "stands after the colon."
            )
        if self._told is None or now - self._told >= self.impatience.tell_seconds:
            self._told = now
            _log.warning("lease_waited_for", lease=self.name, holder=holder, seconds=round(now - self._began))
