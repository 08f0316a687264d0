"""Which generation takes new documents?"""

from dataclasses import dataclass

from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe
from rag.ports.leases import Leases
from rag.ports.library import Generation, Library
from rag.ports.models import Embedder
from rag.ports.search import IndexMismatchError, SearchIndex


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
    chunking: ChunkingRecipe
    lexical: LexicalRecipe

    async def __call__(self) -> Generation:
        """This will give the live generation, made empty and live if there is none.

        Killed in between, it can be run again: what it left behind is a generation that never became live.

        Raises:
            IndexMismatchError: the live generation was built by another embedding model than ours.
        """
        async with self.leases.hold("generations"):
            live = await self.library.live_generation() or await self._first()
        built_by, ours = live.recipe.model, self.embedder.identity
        if built_by != ours:
            raise IndexMismatchError(
                f"The live index {live.name} was built by {built_by}, but {ours} runs here."
            )
        # A lost index directory or an interrupted start leaves PostgreSQL ahead of the engine: catch up.
        await self.index.create(live.name, live.recipe)
        if await self.index.live() != live.name:
            await self.index.switch(live.name)
        return live

    async def _first(self) -> Generation:
        recipe = IndexRecipe(chunking=self.chunking, lexical=self.lexical, model=self.embedder.identity)
        generation = await self.library.add_generation(recipe)
        await self.index.create(generation.name, recipe)
        return await self.library.make_live(generation.name)
