"""How is a piece of a document shown?"""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from rag.domain.answer import Citation
from rag.domain.ranking import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanBody:
    """A stretch of a document's stored text, in characters."""

    start: Annotated[int, Field(description="The first character, counted from 0.")]
    end: Annotated[int, Field(description="The character after the last one.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationBody:
    """Where a statement of the answer comes from."""

    n: Annotated[int, Field(description="The number of the marker in the answer: 1 for `[1]`.")]
    chunk_id: Annotated[UUID, Field(description="The chunk that is cited; verdicts name it.")]
    document_id: Annotated[UUID, Field(description="The document that the chunk belongs to.")]
    source: Annotated[str, Field(description="The name by which people know the document.")]
    title: Annotated[str, Field(description="The document's title.")]
    page: Annotated[int | None, Field(description="The printed page, from 1; null without pages.")]
    section: Annotated[str | None, Field(description="The headings above it, outermost first.")]
    text: Annotated[str, Field(description="The words that are cited.")]
    span: Annotated[SpanBody, Field(description="Where those words stand in the document.")]

    @classmethod
    def of(cls, citation: Citation) -> "CitationBody":
        """This will show a citation."""
        return cls(
            n=citation.number,
            chunk_id=citation.chunk_id,
            document_id=citation.document_id,
            source=citation.source,
            title=citation.title,
            page=citation.page,
            section=citation.section,
            text=citation.text,
            span=SpanBody(start=citation.span.start, end=citation.span.end),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageBody:
    """A passage that was found, with its place in each ranking."""

    rank: Annotated[int, Field(description="Its place in the final order, from 1.")]
    chunk_id: Annotated[UUID, Field(description="The chunk that was found.")]
    document_id: Annotated[UUID, Field(description="The document that the chunk belongs to.")]
    source: Annotated[str, Field(description="The name by which people know the document.")]
    title: Annotated[str, Field(description="The document's title.")]
    page: Annotated[int | None, Field(description="The printed page, from 1; null without pages.")]
    section: Annotated[str | None, Field(description="The headings above it, outermost first.")]
    text: Annotated[str, Field(description="The chunk's text.")]
    span: Annotated[SpanBody, Field(description="Where the chunk stands in the document.")]
    score: Annotated[float, Field(description="The fused score; comparable within one question only.")]
    ranks: Annotated[dict[str, int], Field(description="Its place, from 1, in each ranking that found it.")]
    scores: Annotated[
        dict[str, float],
        Field(description="Its score in each ranking that found it; that of `dense` is the cosine."),
    ]

    @classmethod
    def of(cls, passage: Passage, *, rank: int) -> "PassageBody":
        """This will show a passage at its place in the final order."""
        chunk, candidate = passage.chunk, passage.candidate
        return cls(
            rank=rank,
            chunk_id=chunk.id,
            document_id=chunk.document_id,
            source=passage.source,
            title=passage.title,
            page=chunk.page,
            section=chunk.section,
            text=chunk.text,
            span=SpanBody(start=chunk.start, end=chunk.end),
            score=candidate.score,
            ranks=dict(candidate.ranks),
            scores=dict(candidate.scores),
        )


EXAMPLE_DOCUMENT_ID: Final = UUID("5f0c9a52-3a3e-5b0e-9a43-1f2a0c4d7e11")
EXAMPLE_CHUNK_ID: Final = UUID("0b7f3c1e-94c5-5a7d-8a55-6e0d5f8f1c2b")
CITATION_EXAMPLE: Final = CitationBody(
    n=1,
    chunk_id=EXAMPLE_CHUNK_ID,
    document_id=EXAMPLE_DOCUMENT_ID,
    source="guides/backup.md",
    title="Backups",
    page=None,
    section="Backups > Restore",
    text="Run the restore before you start the service.",
    span=SpanBody(start=1204, end=1249),
)
PASSAGE_EXAMPLE: Final = PassageBody(
    rank=1,
    chunk_id=EXAMPLE_CHUNK_ID,
    document_id=EXAMPLE_DOCUMENT_ID,
    source="guides/backup.md",
    title="Backups",
    page=None,
    section="Backups > Restore",
    text="Run the restore before you start the service. It takes about a minute.",
    span=SpanBody(start=1204, end=1274),
    score=0.03252247488101534,
    ranks={"dense": 1, "bm25": 2},
    scores={"dense": 0.71, "bm25": 9.4},
)
