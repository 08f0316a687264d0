"""How do processes that share a PostgreSQL keep out of each other's way?"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rag.adapters.postgres.failures import library_failures
from rag.adapters.postgres.lease_waits import Impatience, Wait
from rag.ports.library import LibraryUnavailableError

POLL_SECONDS: Final = 0.05

_log = structlog.get_logger(__name__)


class PostgresLeases:
    """Leases as advisory locks of a transaction; implements `rag.ports.leases.Leases` within one event loop.

    PostgreSQL frees such a lock when the transaction or its connection ends, so a killed holder holds
    nothing, and a pooler that hands out connections by transaction does no harm.

    Callers of this object queue up in memory, so that at most one of them asks PostgreSQL for a name. It
    does so over a connection of its own: `engine` is one that `connect_for_leases` made.
    """

    def __init__(self, engine: AsyncEngine, *, impatience: Impatience | None = None) -> None:
        self._engine = engine
        self._impatience = impatience or Impatience()
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """This will wait until nobody else holds `name`, and hold it until the context ends.

        Raises:
            LibraryUnavailableError: PostgreSQL cannot be reached; or one and the same holder did not give
                `name` back for minutes; or, at the end, the connection was lost in the meantime, so that
                somebody else may have held `name` as well.
        """
        async with self._queues[name]:
            connection = self._engine.connect()
            with library_failures():
                await connection.start()
            try:
                await _acquire(connection, name, self._impatience)
                yield
                await _give_back(connection, name)
            finally:
                await _close(connection, name)


async def _acquire(connection: AsyncConnection, name: str, impatience: Impatience) -> None:
    """Ask again and again, rather than wait inside a statement that the time limit would end.

    A server that ends idle transactions must not end this one.
    """
    patient = func.set_config("idle_in_transaction_session_timeout", "0", True)
    with library_failures():
        await connection.execute(select(patient))
        key = _key(name)
        locking = select(func.pg_try_advisory_xact_lock(key))
        wait = Wait(connection, name, key, impatience)
        while not await connection.scalar(locking):
            await asyncio.sleep(POLL_SECONDS)
            await wait.go_on()


async def _give_back(connection: AsyncConnection, name: str) -> None:
    """End the transaction: that this succeeds is the proof that it held the lock all the time."""
    try:
        with library_failures():
            await connection.commit()
    except LibraryUnavailableError as failure:
        raise LibraryUnavailableError(f"The lease {name} was lost while it was held: {failure}") from failure


async def _close(connection: AsyncConnection, name: str) -> None:
    """Close the connection even when cancelled; a failure must not hide what the holder itself met."""
    try:
        with library_failures():
            await asyncio.shield(asyncio.ensure_future(connection.close()))
    except LibraryUnavailableError as failure:
        _log.warning("lease_connection_lost", lease=name, reason=str(failure))


def _key(name: str) -> int:
    """Give the 64-bit number by which PostgreSQL knows the lease."""
    digest = hashlib.sha256(f"lease:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
