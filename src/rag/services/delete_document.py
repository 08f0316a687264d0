"""Delete a document wholly, and prove that it is gone."""

from dataclasses import dataclass

from rag.domain.documents import DocumentId
from rag.domain.errors import UnavailableError
from rag.ports.leases import Leases
from rag.ports.library import Library
from rag.ports.search import SearchIndex
from rag.services.finish_removals import FinishRemovals
from rag.services.store_documents import WRITING


class DeletionUnprovenError(UnavailableError):
    """The document is gone from the library, but the index still holds some of its chunks."""

    code = "deletion_unproven"
    kind = "QdrantException"
    advice = "No answer can cite it any more; the next deletion or ingest finishes the removal."


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted.

    Attributes:
        chunks: how many, over all generations; each was looked for in the index afterwards, and not found.
    """

    document_id: DocumentId
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDocument:
    """Take it out of the library first, so that no answer can cite it, then out of every generation."""

    library: Library
    index: SearchIndex
    leases: Leases
    finish_removals: FinishRemovals

    async def __call__(self, document_id: DocumentId) -> Deletion:
        """This will return when neither the library nor any generation holds anything of the document.

        Raises:
            UnknownDocumentError: it is not there.
            DeletionUnprovenError: the index still shows some of its chunks.
        """
        async with self.leases.hold(WRITING):
            await self.finish_removals()
            removed = await self.library.delete(document_id)
            for generation, chunk_ids in removed.items():
                await self.index.remove(generation, chunk_ids)
                left = await self.index.present(generation, chunk_ids)
                if left:
                    raise DeletionUnprovenError(f"{len(left)} chunks are still in the index {generation}.")
                await self.index.flush(generation)
                await self.library.confirm_removals(chunk_ids)
        return Deletion(document_id, sum(len(ids) for ids in removed.values()))
