"""Does the index hold what PostgreSQL says it should, and if not, what puts it right?"""

from dataclasses import dataclass

from rag.ports.leases import Leases
from rag.ports.library import Library
from rag.ports.models import Embedder
from rag.ports.search import SearchIndex
from rag.services.finish_removals import FinishRemovals
from rag.services.store_documents import WRITING
from rag.services.verify_index import VerifyIndex
from rag.services.verify_model import verify_model


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpIndex:
    """Make the live generation of the engine what the library says: there, live, and with every chunk.

    The index is a projection. Where it was lost, it is put right from the stored chunks and vectors, without
    embedding anything that has a vector. What a killed writer left behind is removed first. Then counts are
    compared, which is quick; where they differ, every id is.
    """

    library: Library
    index: SearchIndex
    embedder: Embedder
    leases: Leases
    finish_removals: FinishRemovals
    verify: VerifyIndex

    async def __call__(self) -> int:
        """This will return how many chunks had to be put back; 0 where all was well, or nothing is live yet.

        Raises:
            IndexMismatchError: the live generation was built by another embedding model than ours.
            UnavailableError: a part is away.
        """
        live = await self.library.live_generation()
        if live is None:
            return 0
        verify_model(live, ours=self.embedder.identity)
        await self.index.create(live.name, live.recipe)
        put_back = 0
        if not await self._counts_agree(live.name):
            # Counted again while nobody writes: points on their way in are no damage, nor is what a killed
            # writer left behind and promised to remove.
            async with self.leases.hold(WRITING):
                await self.finish_removals()
                agree = await self._counts_agree(live.name)
            if not agree:
                put_back = (await self.verify(live, repair=True)).missing
        if await self.index.live() != live.name:
            await self.index.switch(live.name)
        # An ingest that ended with its embedded servers has left the building of the graph unfinished.
        await self.index.optimize(live.name)
        return put_back

    async def _counts_agree(self, generation: str) -> bool:
        return await self.index.count(generation) == (await self.library.counts()).chunks
