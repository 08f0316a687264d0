"""Make prepared documents searchable, each whole or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from rag.domain.documents import Chunk, filterable_fields
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
        vectors_at_once: a long document is embedded and indexed in parts of so many chunks, so that memory is
            bounded; each part's vectors are stored at once, so that a kill loses at most one part's work.
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
        await self._embed(prepared)
        async with self.leases.hold(WRITING):
            await self.finish_removals()
            announced = [chunk.id for item in prepared for chunk in item.chunks]
            await self.library.announce(announced, generation=generation.name)
            await self._upsert(prepared, generation=generation)
            await self.index.flush(generation.name)
            replaced: list[UUID] = []
            for item in prepared:
                replaced += await self.library.put(item.document, item.chunks, generation=generation.name)
            if replaced:
                await self.index.remove(generation.name, replaced)
                await self.library.confirm_removals(replaced)
                # A text that moved from one of these documents to another lost its vector on the way.
                await self._embed(prepared)

    async def project(self, prepared: Sequence[PreparedDocument], *, generation: Generation) -> None:
        """This will index documents that the library holds already; hold WRITING for it."""
        await self._upsert(prepared, generation=generation)

    async def finish(self, generation: Generation) -> None:
        """This will make everything stored so far durable in the index, and let its graph be built."""
        await self.index.flush(generation.name)
        await self.index.optimize(generation.name)

    async def _embed(self, prepared: Sequence[PreparedDocument]) -> None:
        for part in self._parts(prepared):
            await self._vectors([item.chunks[position] for item, position in part])

    async def _upsert(self, prepared: Sequence[PreparedDocument], *, generation: Generation) -> None:
        for part in self._parts(prepared):
            # Read again, now that nobody else writes: a deletion may have dropped some in the meantime.
            vectors = await self._vectors([item.chunks[position] for item, position in part])
            points = [_point(item, position, vectors) for item, position in part]
            await self.index.upsert(generation.name, points)

    def _parts(
        self, prepared: Sequence[PreparedDocument]
    ) -> Iterator[Sequence[tuple[PreparedDocument, int]]]:
        places = ((item, position) for item in prepared for position in range(len(item.chunks)))
        while part := list(islice(places, self.vectors_at_once)):
            yield part

    async def _vectors(self, chunks: Sequence[Chunk]) -> Mapping[str, Vectors]:
        """Give the stored vectors of chunks; those that have none are embedded, and stored at once."""
        model = self.embedder.identity.key
        texts = {chunk.embedding_hash: chunk.embedded_text for chunk in chunks}
        known = await self.library.vectors(texts.keys(), model=model)
        missing = [hash_ for hash_ in texts if hash_ not in known]
        if not missing:
            return known
        made = await self.embedder.embed([texts[hash_] for hash_ in missing])
        stored = dict(zip(missing, made, strict=True))
        await self.library.store_vectors(stored, model=model)
        return {**known, **stored}


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
