"""Documents, chunks and recipes made for tests of the library."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from rag.domain.documents import (
    Chunk,
    ChunkId,
    Document,
    Heading,
    Page,
    ParsedDocument,
    chunk_id_for,
    document_id_for,
    sha256_hex,
)
from rag.domain.ranking import FusedCandidate
from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe, ModelIdentity

MODEL = ModelIdentity("all-MiniLM-L6-v2", "fp32", "53aa51172d14", 384, 256)
RECIPE = IndexRecipe(ChunkingRecipe(), LexicalRecipe(), MODEL)
MONDAY = datetime(2026, 11, 16, 9, 30, 0, 123456, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)


def document(
    source: str = "guides/backup.md",
    *,
    text: str = "First half. Second half.",
    title: str | None = "Backups",
    at: datetime = MONDAY,
) -> Document:
    """Make a document that has something in every field; its hash is that of its text."""
    content = text.encode("utf-8", errors="replace")
    return Document(
        id=document_id_for(source),
        source=source,
        file_path=f"/docs/{source}",
        content_hash=sha256_hex(content),
        size_bytes=len(content),
        parsed=ParsedDocument(
            text=text,
            media_type="text/markdown",
            title=title,
            pages=(Page(1, 0, 12), Page(2, 12, len(text))),
            headings=(Heading(1, "Backups", 0), Heading(2, "Restore \N{WHITE HEAVY CHECK MARK}", 12)),
            unbroken=((2, 5),),
            language="en",
            dated=MONDAY,
            metadata={"author": "Ada", "Überschrift": "日本"},
        ),
        created_at=at,
        updated_at=at,
    )


def cut(whole: Document, *, generation: str, pieces: int = 2, lead: str = "Backups\n") -> list[Chunk]:
    """Cut a document's text into `pieces` of equal length."""
    text = whole.parsed.text
    edges = [len(text) * piece // pieces for piece in range(pieces + 1)]
    return [
        Chunk(
            id=chunk_id_for(
                whole.id, content_hash=whole.content_hash, generation=generation, ordinal=ordinal
            ),
            document_id=whole.id,
            ordinal=ordinal,
            start=start,
            end=end,
            text=text[start:end],
            page=1 if ordinal == 0 else None,
            section="Backups > Restore" if ordinal else None,
            token_count=5,
            embedded_text=lead + text[start:end],
            embedding_hash=sha256_hex((lead + text[start:end]).encode("utf-8", errors="replace")),
        )
        for ordinal, (start, end) in enumerate(pairwise(edges))
    ]


def candidates(ids: Sequence[ChunkId]) -> list[FusedCandidate]:
    """Make candidates for the ids, best first."""
    return [
        FusedCandidate(chunk_id, 1 / (60 + rank), (("dense", rank),), (("dense", 0.5),))
        for rank, chunk_id in enumerate(ids, start=1)
    ]
