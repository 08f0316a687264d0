"""Take out of the index what the library no longer has."""

from dataclasses import dataclass

from rag.ports.library import Library
from rag.ports.search import SearchIndex

REMOVALS_A_TRIP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRemovals:
    """Carry out the removals that a writer has promised in PostgreSQL and was killed before doing."""

    library: Library
    index: SearchIndex

    async def __call__(self) -> None:
        """This will return when no removal is pending; hold the lease WRITING for it."""
        while pending := await self.library.pending_removals(limit=REMOVALS_A_TRIP):
            existing = await self.index.generations()
            for generation, chunk_ids in pending.items():
                if generation in existing:
                    await self.index.remove(generation, chunk_ids)
                await self.library.confirm_removals(chunk_ids)
