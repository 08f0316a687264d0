"""Show how documents were cut."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rag.domain.documents import Chunk, DocumentId
from rag.domain.inspection import ChunkReport, inspect_chunks
from rag.domain.survey import Survey, Surveyor
from rag.ports.library import DocumentSummary, Library, UnknownDocumentError

SURVEYED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class InspectedDocument:
    """A document and the report on its chunks."""

    summary: DocumentSummary
    report: ChunkReport


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectChunks:
    """Find documents by the name that people know, and look at their chunks in the live generation."""

    library: Library

    async def __call__(self, *, source: str) -> Sequence[InspectedDocument]:
        """This will report on every document whose source is `source` or ends with `/` and `source`.

        Raises:
            UnknownDocumentError: there is none.
        """
        summaries = await self.library.summaries(source=source)
        if not summaries:
            raise UnknownDocumentError(f"No document has the source {source}.")
        window = await self._window_tokens()
        return [
            InspectedDocument(summary, (await self._report(summary.id, window))[1]) for summary in summaries
        ]

    async def survey(self) -> Survey:
        """This will report on the chunks of all documents together, reading one document at a time."""
        window, surveyor = await self._window_tokens(), Surveyor()
        after: DocumentId | None = None
        while page := await self.library.summaries(limit=SURVEYED_AT_ONCE, after=after):
            after = page[-1].id
            for summary in page:
                # A document may be deleted while the others are read.
                with suppress(UnknownDocumentError):
                    surveyor.add(summary.source, *await self._report(summary.id, window))
        return surveyor.survey()

    async def _report(self, document_id: DocumentId, window: int) -> tuple[Sequence[Chunk], ChunkReport]:
        parsed = (await self.library.document(document_id)).parsed
        chunks = await self.library.chunks(document_id)
        return chunks, inspect_chunks(parsed.text, chunks, window_tokens=window, unbroken=parsed.unbroken)

    async def _window_tokens(self) -> int:
        live = await self.library.live_generation()
        return live.recipe.model.window_tokens if live else 0
