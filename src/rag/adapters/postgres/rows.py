"""How do documents, chunks and generations become rows, and rows those again?"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final, overload

from sqlalchemy import RowMapping

from rag.adapters.postgres.stored_text import storable
from rag.domain.documents import Chunk, Document, Heading, Page, ParsedDocument
from rag.domain.recipe import (
    ChunkingRecipe,
    ChunkingStrategy,
    IndexRecipe,
    LexicalRecipe,
    ModelIdentity,
)
from rag.ports.library import DocumentSummary, Generation, GenerationState

CHUNK_COLUMNS: Final = (
    "id",
    "document_id",
    "generation",
    "ordinal",
    "span_start",
    "span_end",
    "text",
    "page",
    "section",
    "token_count",
    "embedded_lead",
    "embeds_text",
    "embedding_hash",
)


def document_row(document: Document) -> dict[str, Any]:
    """This will give a document's columns."""
    parsed = document.parsed
    return {
        "id": document.id,
        "source": storable(document.source),
        "file_path": storable(document.file_path),
        "content_hash": document.content_hash,
        "size_bytes": document.size_bytes,
        "title": storable(parsed.title),
        "text": storable(parsed.text),
        "characters": len(parsed.text),
        "media_type": storable(parsed.media_type),
        "language": storable(parsed.language),
        "pages": [(page.number, page.start, page.end) for page in parsed.pages],
        "page_count": len(parsed.pages),
        "headings": [(head.level, storable(head.title), head.start) for head in parsed.headings],
        "unbroken": list(parsed.unbroken),
        "dated": zoned(parsed.dated),
        "metadata": storable_mapping(parsed.metadata),
        "notes": [storable(note) for note in parsed.notes],
        "created_at": zoned(document.created_at),
        "updated_at": zoned(document.updated_at),
    }


def document_of(row: RowMapping) -> Document:
    """This will give the document of a row."""
    return Document(
        id=row["id"],
        source=row["source"],
        file_path=row["file_path"],
        content_hash=row["content_hash"],
        size_bytes=row["size_bytes"],
        parsed=ParsedDocument(
            text=row["text"],
            media_type=row["media_type"],
            title=row["title"],
            pages=tuple(Page(number, start, end) for number, start, end in row["pages"]),
            headings=tuple(Heading(level, title, start) for level, title, start in row["headings"]),
            unbroken=tuple((start, end) for start, end in row["unbroken"]),
            language=row["language"],
            dated=row["dated"],
            metadata=row["metadata"],
            notes=tuple(row["notes"]),
        ),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def summary_of(row: RowMapping) -> DocumentSummary:
    """This will give the summary of a row that has `chunks` beside a document's own columns."""
    return DocumentSummary(
        id=row["id"],
        source=row["source"],
        file_path=row["file_path"],
        title=title_of(row),
        media_type=row["media_type"],
        language=row["language"],
        content_hash=row["content_hash"],
        size_bytes=row["size_bytes"],
        characters=row["characters"],
        pages=row["page_count"],
        chunks=row["chunks"],
        dated=row["dated"],
        metadata=row["metadata"],
        notes=tuple(row["notes"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def title_of(row: RowMapping) -> str:
    """This will give a document's title as `Document.title` does, from a row with `title` and `source`."""
    title: str | None = row["title"]
    source: str = row["source"]
    return title or source.rsplit("/", 1)[-1]


def chunk_row(chunk: Chunk, *, generation: str) -> tuple[object, ...]:
    """This will give a chunk's columns, in the order of CHUNK_COLUMNS."""
    text, embedded_text = storable(chunk.text), storable(chunk.embedded_text)
    embeds_text = embedded_text.endswith(text)
    return (
        chunk.id,
        chunk.document_id,
        generation,
        chunk.ordinal,
        chunk.start,
        chunk.end,
        text,
        chunk.page,
        storable(chunk.section),
        chunk.token_count,
        embedded_text.removesuffix(text) if embeds_text else embedded_text,
        embeds_text,
        chunk.embedding_hash,
    )


def chunk_of(row: RowMapping) -> Chunk:
    """This will give the chunk of a row."""
    return Chunk(
        id=row["id"],
        document_id=row["document_id"],
        ordinal=row["ordinal"],
        start=row["span_start"],
        end=row["span_end"],
        text=row["text"],
        page=row["page"],
        section=row["section"],
        token_count=row["token_count"],
        embedded_text=row["embedded_lead"] + (row["text"] if row["embeds_text"] else ""),
        embedding_hash=row["embedding_hash"],
    )


def recipe_document(recipe: IndexRecipe) -> dict[str, Any]:
    """This will give a recipe as the JSON that is stored."""
    return asdict(recipe)


def generation_of(row: RowMapping) -> Generation:
    """This will give the generation of a row."""
    recipe = row["recipe"]
    chunking = recipe["chunking"] | {"strategy": ChunkingStrategy(recipe["chunking"]["strategy"])}
    return Generation(
        name=row["name"],
        number=row["number"],
        recipe=IndexRecipe(
            chunking=ChunkingRecipe(**chunking),
            lexical=LexicalRecipe(**recipe["lexical"]),
            model=ModelIdentity(**recipe["model"]),
            schema=recipe["schema"],
        ),
        state=GenerationState(row["state"]),
        created_at=row["created_at"],
    )


def storable_mapping(mapping: Mapping[str, str]) -> dict[str, str]:
    """This will clean names and values alike."""
    return {storable(name): storable(value) for name, value in mapping.items()}


@overload
def zoned(moment: datetime) -> datetime: ...
@overload
def zoned(moment: None) -> None: ...
def zoned(moment: datetime | None) -> datetime | None:
    """This will read a time without a zone as UTC: PostgreSQL must not guess one."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
