"""What is a document, what is a chunk, and how are both named?"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID, uuid5

DocumentId: TypeAlias = UUID
ChunkId: TypeAlias = UUID
Metadata: TypeAlias = Mapping[str, str]

# Names are made in a space of our own, so that the same place always gives the same id.
_NAMESPACE: Final = UUID("6f0c8c1e-6a0b-5d3b-9a55-0d5f8f1c2b7e")


@dataclass(frozen=True, slots=True)
class Page:
    """A printed page: `number` counts from 1, `[start, end)` are characters of the document's text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of `level` 1 (outermost) to 6, whose title starts at character `start` of the text."""

    level: int
    title: str
    start: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a parser read out of a file: clean text, and where its pages and headings stand in it.

    Attributes:
        unbroken: `[start, end)` spans that must not be cut in the middle, such as tables and code.
        dated: when the document says it was written or changed, if it says so.
        metadata: what the document says of itself, such as its `author`.
        notes: what of the file is not in the text, a sentence each, such as an attachment that was left out.
    """

    text: str
    media_type: str
    title: str | None = None
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    unbroken: tuple[tuple[int, int], ...] = ()
    language: str | None = None
    dated: datetime | None = None
    metadata: Metadata = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document as we keep it: the parsed text with its name, its place and its history.

    Attributes:
        source: the name that people know it by, such as `guides/backup.md`.
        file_path: where it was read from; None for an upload.
        content_hash: sha256 of the file's bytes, in hex: equal hashes need no second look.
    """

    id: DocumentId
    source: str
    file_path: str | None
    content_hash: str
    size_bytes: int
    parsed: ParsedDocument
    created_at: datetime
    updated_at: datetime

    @property
    def title(self) -> str:
        """The document's own title, or the last part of its source."""
        return self.parsed.title or self.source.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored piece of a document: `text == document.text[start:end]`.

    Attributes:
        ordinal: its place in the document, from 0.
        page: the page on which it starts, from 1; None where the format has no pages.
        section: the headings above it, outermost first, such as `Backups > Restore`, or None.
        token_count: its length in the embedding model's tokens, without the heading line of `embedded_text`.
        embedded_text: what is embedded and counted by BM25: a line of title and section, then `text`.
        embedding_hash: sha256 of `embedded_text`, in hex: the key of its stored vector.
    """

    id: ChunkId
    document_id: DocumentId
    ordinal: int
    start: int
    end: int
    text: str
    page: int | None
    section: str | None
    token_count: int
    embedded_text: str
    embedding_hash: str


def filterable_fields(document: Document, chunk: Chunk) -> Metadata:
    """Give what a filter on metadata can ask for: the document's own fields, and where its chunk stands.

    What we know goes before a field that somebody gave the same name.
    """
    parsed = document.parsed
    known = {
        "title": document.title,
        "language": parsed.language,
        "media_type": parsed.media_type,
        "page": None if chunk.page is None else str(chunk.page),
        "section": chunk.section,
    }
    return {**parsed.metadata, **{name: value for name, value in known.items() if value}}


def sha256_hex(content: bytes) -> str:
    """Name `content` by what it is.

    >>> sha256_hex(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


def document_id_for(place: str) -> DocumentId:
    """Give the document that is kept at `place` its lasting id: a changed file keeps its id.

    >>> document_id_for("/docs/a.md") == document_id_for("/docs/a.md")
    True
    """
    # A file's name on disk may hold bytes that are no text: they count too, in their escaped form.
    named = place.encode("utf-8", errors="backslashreplace").decode()
    return uuid5(_NAMESPACE, f"document:{named}")


def chunk_id_for(document_id: DocumentId, *, content_hash: str, generation: str, ordinal: int) -> ChunkId:
    """Give a chunk its id: a changed document or another generation shares no chunk id with the one before.

    That is what lets new chunks stand in the index beside the old ones until one transaction in PostgreSQL
    makes them the current ones.
    """
    return uuid5(_NAMESPACE, f"chunk:{document_id}:{content_hash}:{generation}:{ordinal}")
