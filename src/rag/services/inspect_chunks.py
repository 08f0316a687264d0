"""Show how documents were cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.domain.inspection import ChunkReport, inspect_chunks
from rag.ports.library import DocumentSummary, Library, UnknownDocumentError


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
        live = await self.library.live_generation()
        window = live.recipe.model.window_tokens if live else 0
        reports = []
        for summary in summaries:
            document = await self.library.document(summary.id)
            chunks = await self.library.chunks(summary.id)
            report = inspect_chunks(document.parsed.text, chunks, window_tokens=window)
            reports.append(InspectedDocument(summary, report))
        return reports
