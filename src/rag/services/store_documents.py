"""Make prepared documents searchable, each whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rag.domain.documents import filterable_fields
from rag.ports.leases import Leases
from rag.ports.library import Generation, Library
from rag.ports.models import Embedder, Vectors
from rag.ports.search import Point, SearchIndex
from rag.services.finish_removals import FinishRemovals
from rag.services.prepare_document import PreparedDocument

WRITING = "library-writes"  # the lease under which points and rows change together


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDocuments:
    """Embed what has no vector yet, add the points, then let one transaction in PostgreSQL make them visible.

    The order is the guarantee. Points that PostgreSQL does not know are passed over by every search, so a
    kill at any moment shows a document as it was before or as it is now, never half of it. The points are
    on disk before PostgreSQL is told, so a power cut leaves no document that cannot be found. They are
    announced before they are written, so that those of a writer that was killed are found and removed.

    Attributes:
        vectors_at_once: a long document is embedded in parts of so many chunks, and each part's vectors are
            stored: bounded memory, and a kill loses at most one part's work.
    """

    library: Library
    index: SearchIndex
    embedder: Embedder
    leases: Leases
    finish_removals: FinishRemovals
    vectors_at_once: int = 256

    async def __call__(self, prepared: Sequence[PreparedDocument], *, generation: Generation) -> None:
        """This will return when all of `prepared` can be found, and what they replace cannot.

        Raises:
            UnavailableError: a part is away; documents stored before that stay, the others are untouched.
        """
        vectors = await self._vectors(prepared)
        async with self.leases.hold(WRITING):
            await self.finish_removals()
            # Once more, now that nobody else writes: a deletion may have dropped some in the meantime.
            await self.library.store_vectors(vectors, model=self.embedder.identity.key)
            announced = [chunk.id for item in prepared for chunk in item.chunks]
            await self.library.announce(announced, generation=generation.name)
            await self.index.upsert(generation.name, _points(prepared, vectors))
            await self.index.flush(generation.name)
            replaced: list[UUID] = []
            for item in prepared:
                replaced += await self.library.put(item.document, item.chunks, generation=generation.name)
            if replaced:
                await self.index.remove(generation.name, replaced)
                await self.library.confirm_removals(replaced)
                # A text that moved from one of these documents to another lost its vector on the way.
                await self.library.store_vectors(vectors, model=self.embedder.identity.key)

    async def project(self, prepared: Sequence[PreparedDocument], *, generation: Generation) -> None:
        """This will index documents that the library holds already; hold WRITING for it."""
        await self.index.upsert(generation.name, _points(prepared, await self._vectors(prepared)))

    async def finish(self, generation: Generation) -> None:
        """This will make everything stored so far durable in the index, and let its graph be built."""
        await self.index.flush(generation.name)
        await self.index.optimize(generation.name)

    async def _vectors(self, prepared: Sequence[PreparedDocument]) -> Mapping[str, Vectors]:
        model = self.embedder.identity.key
        texts = {c.embedding_hash: c.embedded_text for item in prepared for c in item.chunks}
        vectors = dict(await self.library.vectors(texts.keys(), model=model))
        missing = [hash_ for hash_ in texts if hash_ not in vectors]
        for first in range(0, len(missing), self.vectors_at_once):
            part = missing[first : first + self.vectors_at_once]
            made = await self.embedder.embed([texts[hash_] for hash_ in part])
            stored = dict(zip(part, made, strict=True))
            await self.library.store_vectors(stored, model=model)
            vectors |= stored
        return vectors


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
        metadata=filterable_fields(document, chunk),
    )
