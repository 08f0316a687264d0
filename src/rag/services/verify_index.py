"""Does the index hold exactly what PostgreSQL says, and if not, what puts it right?"""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.domain.documents import DocumentId
from rag.ports.leases import Leases
from rag.ports.library import Generation, Library, UnknownDocumentError
from rag.ports.search import SearchIndex
from rag.services.finish_removals import FinishRemovals
from rag.services.prepare_document import PreparedDocument
from rag.services.store_documents import WRITING, StoreDocuments

DOCUMENTS_A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexVerification:
    """What was found, and put right where that was asked for.

    Attributes:
        chunks: how many of the library's chunks were looked for in the index.
        missing: chunks that the index had lost.
        orphans: points of the index that belong to no chunk.
    """

    generation: str
    chunks: int
    missing: int
    orphans: int

    @property
    def sound(self) -> bool:
        """Whether the index and the library agreed."""
        return not (self.missing or self.orphans)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyIndex:
    """Compare the ids of both sides, a page at a time; ingests and deletions go on in between."""

    library: Library
    index: SearchIndex
    leases: Leases
    store: StoreDocuments
    finish_removals: FinishRemovals

    async def __call__(self, generation: Generation, *, repair: bool) -> IndexVerification:
        """This will compare, and with `repair` put back what is missing and remove what belongs to nobody.

        Nothing that has a vector is embedded again.

        Raises:
            UnavailableError: a part is away.
        """
        if repair:
            async with self.leases.hold(WRITING):
                await self.finish_removals()
        chunks = missing = 0
        after: DocumentId | None = None
        while page := await self.library.summaries(limit=DOCUMENTS_A_PAGE, after=after):
            after = page[-1].id
            found, lost = await self._page([summary.id for summary in page], generation, repair=repair)
            chunks, missing = chunks + found, missing + lost
        orphans = await self._orphans(generation, repair=repair)
        if repair and (missing or orphans):
            await self.store.finish(generation)
        return IndexVerification(generation=generation.name, chunks=chunks, missing=missing, orphans=orphans)

    async def _page(
        self, ids: Sequence[DocumentId], generation: Generation, *, repair: bool
    ) -> tuple[int, int]:
        # Held by the page, so that ingests and deletions need not wait for all of it.
        async with self.leases.hold(WRITING):
            expected = await self.library.chunk_ids(ids, generation=generation.name)
            wanted = [chunk_id for chunk_ids in expected.values() for chunk_id in chunk_ids]
            present = await self.index.present(generation.name, wanted)
            lacking = [doc for doc, chunk_ids in expected.items() if not present.issuperset(chunk_ids)]
            if repair:
                for document_id in lacking:
                    if (found := await self._document(document_id)) is not None:
                        await self.store.project([found], generation=generation)
        return len(wanted), len(wanted) - len(present)

    async def _orphans(self, generation: Generation, *, repair: bool) -> int:
        orphans = 0
        async for page in self.index.chunk_ids(generation.name):
            # Looked up while nobody writes: points on their way in belong to no chunk yet.
            async with self.leases.hold(WRITING):
                known = await self.library.known_chunks(page, generation=generation.name)
                strangers = [chunk_id for chunk_id in page if chunk_id not in known]
                still = sorted(await self.index.present(generation.name, strangers))
                orphans += len(still)
                if repair and still:
                    await self.index.remove(generation.name, still)
        return orphans

    async def _document(self, document_id: DocumentId) -> PreparedDocument | None:
        try:
            document = await self.library.document(document_id)
            return PreparedDocument(document, tuple(await self.library.chunks(document_id)))
        except UnknownDocumentError:  # deleted since its page was read
            return None
