"""Leases within one process, for tests."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class InMemoryLeases:
    """One lock a name; implements `rag.ports.leases.Leases`."""

    def __init__(self) -> None:
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """This will wait until nobody else holds `name`, and hold it until the context ends."""
        async with self._locks[name]:
            yield
