"""Does the index hold what PostgreSQL says it should, and if not, what puts it right?"""

from dataclasses import dataclass

from rag.domain.documents import DocumentId
from rag.ports.leases import Leases
from rag.ports.library import Generation, Library, UnknownDocumentError
from rag.ports.models import Embedder
from rag.ports.search import SearchIndex
from rag.services.prepare_document import PreparedDocument
from rag.services.store_documents import WRITING, StoreDocuments
from rag.services.verify_model import verify_model

DOCUMENTS_A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpIndex:
    """Make the live generation of the engine what the library says: there, live, and with every chunk.

    The index is a projection. Where it was lost, or a start was interrupted, it is filled again from the
    stored chunks and vectors, without embedding anything that has a vector.
    """

    library: Library
    index: SearchIndex
    embedder: Embedder
    leases: Leases
    store: StoreDocuments

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
        if await self._lacks_chunks(live):
            put_back = await self._refill(live)
        if await self.index.live() != live.name:
            await self.index.switch(live.name)
        return put_back

    async def _lacks_chunks(self, live: Generation) -> bool:
        counts = await self.library.counts()
        return await self.index.count(live.name) < counts.chunks

    async def _refill(self, live: Generation) -> int:
        put_back = 0
        after: DocumentId | None = None
        while page := await self.library.summaries(limit=DOCUMENTS_A_PAGE, after=after):
            after = page[-1].id
            # Held by the page, so that ingests and deletions need not wait for all of it.
            async with self.leases.hold(WRITING):
                documents = [found for summary in page if (found := await self._document(summary.id))]
                await self.store.project(documents, generation=live)
            put_back += sum(len(document.chunks) for document in documents)
        await self.store.finish(live)
        return put_back

    async def _document(self, document_id: DocumentId) -> PreparedDocument | None:
        try:
            document = await self.library.document(document_id)
            return PreparedDocument(document, tuple(await self.library.chunks(document_id)))
        except UnknownDocumentError:  # deleted since its page was read
            return None
