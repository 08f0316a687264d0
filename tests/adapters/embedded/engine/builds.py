"""How does a test wait for a graph that is built in the background?"""

import asyncio
from typing import Final

from qdrant_client import AsyncQdrantClient, models

_PAUSE_SECONDS: Final = 0.02
_LOOKS: Final = 3000


async def built(client: AsyncQdrantClient, name: str) -> models.CollectionInfo:
    """Wait until no build is under way in the collection, and describe it."""
    for _ in range(_LOOKS):
        found = await client.get_collection(name)
        if found.status == models.CollectionStatus.GREEN:
            assert found.optimizer_status == models.OptimizersStatusOneOf.OK
            return found
        await asyncio.sleep(_PAUSE_SECONDS)
    raise TimeoutError(f"The graph of {name} is still being built.")


async def is_building(client: AsyncQdrantClient, name: str) -> bool:
    """Say whether a build is under way in the collection."""
    return (await client.get_collection(name)).status == models.CollectionStatus.YELLOW
