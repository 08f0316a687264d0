"""How do processes that share a PostgreSQL keep out of each other's way?"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres.failures import library_failures

POLL_SECONDS: Final = 0.05


class PostgresLeases:
    """Leases as advisory locks of a transaction; implements `rag.ports.leases.Leases`.

    PostgreSQL frees such a lock when the transaction or its connection ends, so a killed holder holds
    nothing, and a pooler that hands out connections by transaction does no harm.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """This will wait until nobody else holds `name`, and hold it until the context ends.

        Raises:
            LibraryUnavailableError: PostgreSQL cannot be reached.
        """
        with library_failures():
            connection = await self._engine.connect()
        try:
            # Asking again and again, rather than waiting inside a statement that the time limit would end.
            with library_failures():
                locking = select(func.pg_try_advisory_xact_lock(_key(name)))
                while not await connection.scalar(locking):  # noqa: ASYNC110 - another process tells no event
                    await asyncio.sleep(POLL_SECONDS)
            yield
        finally:
            with library_failures():
                await connection.close()


def _key(name: str) -> int:
    """Give the 64-bit number by which PostgreSQL knows the lease."""
    digest = hashlib.sha256(f"lease:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
