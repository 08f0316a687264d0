"""How are documents and their chunks shown?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from rag.domain.documents import Chunk, sha256_hex
from rag.interfaces.http.schemas.passages import EXAMPLE_CHUNK_ID, EXAMPLE_DOCUMENT_ID, SpanBody
from rag.interfaces.http.schemas.requests import RequestBody, StorableText
from rag.ports.library import DocumentSummary
from rag.services.delete_document import Deletion

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


class ListRequest(RequestBody):
    """Which documents are listed, and from where on."""

    source: Annotated[
        StorableText | None,
        Field(
            description="Only documents of this name, or whose name ends with `/` and this name.",
            examples=["backup.md"],
        ),
    ] = None
    after: Annotated[
        UUID | None, Field(description="Start after this id: the `next_after` of the page before.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many documents a page holds.")] = (
        DEFAULT_PAGE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBody:
    """A document without its text."""

    id: Annotated[UUID, Field(description="Its lasting id: the same place always has the same one.")]
    source: Annotated[str, Field(description="The name by which people know it.")]
    file_path: Annotated[str | None, Field(description="Where it was read from; null for an upload.")]
    title: Annotated[str, Field(description="Its title.")]
    media_type: Annotated[str, Field(description="The kind of file that it was.")]
    language: Annotated[str | None, Field(description="Its language, where that is known.")]
    content_hash: Annotated[
        str, Field(description="The sha256 of the file's bytes, and of its sidecar's, in hex.")
    ]
    size_bytes: Annotated[int, Field(description="The file's size.")]
    characters: Annotated[int, Field(description="The length of its text.")]
    pages: Annotated[int, Field(description="Printed pages; 0 where the format has none.")]
    chunks: Annotated[int, Field(description="Chunks in the live generation.")]
    dated: Annotated[datetime | None, Field(description="When it was written or changed, by its own word.")]
    metadata: Annotated[dict[str, str], Field(description="Fields that filters can ask for.")]
    notes: Annotated[list[str], Field(description="What of the file is not in its text, a sentence each.")]
    created_at: Annotated[datetime, Field(description="When it was first stored, RFC 3339.")]
    updated_at: Annotated[datetime, Field(description="When it was last stored, RFC 3339.")]

    @classmethod
    def of(cls, summary: DocumentSummary) -> "DocumentBody":
        """This will show a document."""
        return cls(
            id=summary.id,
            source=summary.source,
            file_path=summary.file_path,
            title=summary.title,
            media_type=summary.media_type,
            language=summary.language,
            content_hash=summary.content_hash,
            size_bytes=summary.size_bytes,
            characters=summary.characters,
            pages=summary.pages,
            chunks=summary.chunks,
            dated=summary.dated,
            metadata=dict(summary.metadata),
            notes=list(summary.notes),
            created_at=summary.created_at,
            updated_at=summary.updated_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """One page of the list, in order of id."""

    documents: Annotated[list[DocumentBody], Field(description="The documents of this page.")]
    next_after: Annotated[
        UUID | None, Field(description="Send it as `after` for the next page; null on the last one.")
    ]

    @classmethod
    def of(cls, summaries: Sequence[DocumentSummary], *, limit: int) -> "DocumentPage":
        """This will show `limit` of the summaries; a further one says that there is a next page."""
        shown = [DocumentBody.of(summary) for summary in summaries[:limit]]
        return cls(documents=shown, next_after=shown[-1].id if len(summaries) > limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionBody:
    """The proof of a deletion: each chunk was looked for afterwards, in every generation, and not found."""

    document_id: Annotated[UUID, Field(description="The document that is gone.")]
    chunks: Annotated[int, Field(description="How many chunks were deleted, over all generations.")]
    proved_absent: Annotated[
        bool, Field(description="Always true: a deletion that cannot be proved is an error, not a reply.")
    ]

    @classmethod
    def of(cls, deletion: Deletion) -> "DeletionBody":
        """This will show a deletion."""
        return cls(document_id=deletion.document_id, chunks=deletion.chunks, proved_absent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkBody:
    """A stored piece of a document."""

    id: Annotated[UUID, Field(description="The chunk's id.")]
    ordinal: Annotated[int, Field(description="Its place in the document, from 0.")]
    span: Annotated[SpanBody, Field(description="Where it stands in the document.")]
    text: Annotated[str, Field(description="Its text.")]
    page: Annotated[int | None, Field(description="The page on which it starts; null without pages.")]
    section: Annotated[str | None, Field(description="The headings above it, outermost first.")]
    token_count: Annotated[int, Field(description="Its length in the embedding model's tokens.")]

    @classmethod
    def of(cls, chunk: Chunk) -> "ChunkBody":
        """This will show a chunk."""
        return cls(
            id=chunk.id,
            ordinal=chunk.ordinal,
            span=SpanBody(start=chunk.start, end=chunk.end),
            text=chunk.text,
            page=chunk.page,
            section=chunk.section,
            token_count=chunk.token_count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkList:
    """How a document was cut in the live generation."""

    document_id: Annotated[UUID, Field(description="The document.")]
    chunks: Annotated[list[ChunkBody], Field(description="Its chunks, in order.")]


DOCUMENT_EXAMPLE: Final = DocumentBody(
    id=EXAMPLE_DOCUMENT_ID,
    source="guides/backup.md",
    file_path=None,
    title="Backups",
    media_type="text/markdown",
    language="en",
    content_hash=sha256_hex(b"example"),
    size_bytes=5120,
    characters=5098,
    pages=0,
    chunks=9,
    dated=datetime(2026, 11, 2, tzinfo=UTC),
    metadata={"department": "operations"},
    notes=[],
    created_at=datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    updated_at=datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
)
PAGE_EXAMPLE: Final = DocumentPage(documents=[DOCUMENT_EXAMPLE], next_after=EXAMPLE_DOCUMENT_ID)
DELETION_EXAMPLE: Final = DeletionBody(document_id=EXAMPLE_DOCUMENT_ID, chunks=9, proved_absent=True)
CHUNKS_EXAMPLE: Final = ChunkList(
    document_id=EXAMPLE_DOCUMENT_ID,
    chunks=[
        ChunkBody(
            id=EXAMPLE_CHUNK_ID,
            ordinal=0,
            span=SpanBody(start=0, end=45),
            text="Run the restore before you start the service.",
            page=None,
            section="Backups > Restore",
            token_count=9,
        )
    ],
)
