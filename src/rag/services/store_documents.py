"""Make prepared documents searchable, each whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rag.ports.leases import Leases
from rag.ports.library import Generation, Library
from rag.ports.models import Embedder, Vectors
from rag.ports.search import Point, SearchIndex
from rag.services.prepare_document import PreparedDocument

WRITING = "library-writes"  # the lease under which points and rows change together
REMOVALS_A_TRIP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDocuments:
    """Embed what has no vector yet, add the points, then let one transaction in PostgreSQL make them visible.

    The order is the guarantee. Points that PostgreSQL does not know are passed over by every search, so a
    kill at any moment shows a document as it was before or as it is now, never half of it.
    """

    library: Library
    index: SearchIndex
    embedder: Embedder
    leases: Leases

    async def __call__(self, prepared: Sequence[PreparedDocument], *, generation: Generation) -> None:
        """This will return when all of `prepared` can be found, and what they replace cannot.

        Raises:
            UnavailableError: a part is away; documents stored before that stay, the others are untouched.
        """
        vectors = await self._vectors(prepared)
        async with self.leases.hold(WRITING):
            await self._sweep()
            await self.index.upsert(generation.name, _points(prepared, vectors))
            replaced: list[UUID] = []
            for item in prepared:
                replaced += await self.library.put(item.document, item.chunks, generation=generation.name)
            if replaced:
                await self.index.remove(generation.name, replaced)
                await self.library.confirm_removals(replaced)

    async def project(self, prepared: Sequence[PreparedDocument], *, generation: Generation) -> None:
        """This will index documents that the library holds already; hold WRITING for it."""
        vectors = await self._vectors(prepared)
        await self.index.upsert(generation.name, _points(prepared, vectors))

    async def finish(self, generation: Generation) -> None:
        """This will return when everything stored so far is durable in the index."""
        await self.index.flush(generation.name)

    async def _vectors(self, prepared: Sequence[PreparedDocument]) -> Mapping[str, Vectors]:
        model = self.embedder.identity.key
        texts = {c.embedding_hash: c.embedded_text for item in prepared for c in item.chunks}
        known = dict(await self.library.vectors(texts.keys(), model=model))
        missing = [content_hash for content_hash in texts if content_hash not in known]
        if missing:
            made = await self.embedder.embed([texts[content_hash] for content_hash in missing])
            fresh = dict(zip(missing, made, strict=True))
            await self.library.store_vectors(fresh, model=model)
            known |= fresh
        return known

    async def _sweep(self) -> None:
        """Finish removals that a killed writer left behind."""
        while pending := await self.library.pending_removals(limit=REMOVALS_A_TRIP):
            existing = await self.index.generations()
            for generation, chunk_ids in pending.items():
                if generation in existing:
                    await self.index.remove(generation, chunk_ids)
                await self.library.confirm_removals(chunk_ids)


def _points(prepared: Sequence[PreparedDocument], vectors: Mapping[str, Vectors]) -> Sequence[Point]:
    return [_point(item, position, vectors) for item in prepared for position in range(len(item.chunks))]


def _point(item: PreparedDocument, position: int, vectors: Mapping[str, Vectors]) -> Point:
    document, chunk = item.document, item.chunks[position]
    return Point(
        chunk=chunk,
        vector=vectors[chunk.embedding_hash],
        source=document.source,
        title=document.title,
        dated=document.parsed.dated or document.updated_at,
        metadata=document.parsed.metadata,
    )
