"""Which generation takes new documents?"""

from dataclasses import dataclass

from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe
from rag.ports.leases import Leases
from rag.ports.library import Generation, Library
from rag.ports.models import Embedder
from rag.ports.search import SearchIndex
from rag.services.catch_up_index import CatchUpIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureGeneration:
    """Use the live generation, or make the first one.

    Attributes:
        chunking, lexical: what a first generation is built with; a live one keeps its own recipe.
    """

    library: Library
    index: SearchIndex
    embedder: Embedder
    leases: Leases
    catch_up: CatchUpIndex
    chunking: ChunkingRecipe
    lexical: LexicalRecipe

    async def __call__(self) -> Generation:
        """This will give the live generation, made empty and live if there is none, with its index caught up.

        Killed in between, it can be run again: what it left behind is a generation that never became live.

        Raises:
            IndexMismatchError: the live generation was built by another embedding model than ours.
        """
        async with self.leases.hold("generations"):
            live = await self.library.live_generation() or await self._first()
        await self.catch_up()
        return live

    async def _first(self) -> Generation:
        recipe = IndexRecipe(chunking=self.chunking, lexical=self.lexical, model=self.embedder.identity)
        generation = await self.library.add_generation(recipe)
        await self.index.create(generation.name, recipe)
        return await self.library.make_live(generation.name)
