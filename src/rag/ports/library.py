"""Where do documents, chunks, vectors and generations live, as the truth that the index projects?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from rag.domain.documents import Chunk, ChunkId, Document, DocumentId
from rag.domain.errors import NotFoundError, UnavailableError
from rag.domain.ranking import FusedCandidate, Passage
from rag.domain.recipe import IndexRecipe
from rag.ports.models import Vectors


class LibraryUnavailableError(UnavailableError):
    """PostgreSQL cannot be reached, or failed."""

    code: ClassVar[str] = "library_unavailable"
    kind: ClassVar[str] = "DatabaseError"


class UnknownDocumentError(NotFoundError):
    """There is no document with this id."""

    code: ClassVar[str] = "document_unknown"
    advice: ClassVar[str] = "List the documents with `rag documents list` or GET /documents."


class NewerDatabaseError(LibraryUnavailableError):
    """The database's tables are of a release that this program does not know yet."""

    code: ClassVar[str] = "database_newer"
    advice: ClassVar[str] = (
        "Upgrade this program to the release that changed the database, or restore the dump made before that."
    )


class GenerationState(StrEnum):
    """A generation is built, becomes live, stays for going back, and is retired."""

    BUILDING = "building"
    LIVE = "live"
    PREVIOUS = "previous"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of the index."""

    name: str
    number: int
    recipe: IndexRecipe
    state: GenerationState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document without its text, for lists."""

    id: DocumentId
    source: str
    file_path: str | None
    title: str
    media_type: str
    language: str | None
    content_hash: str
    size_bytes: int
    characters: int
    pages: int
    chunks: int
    dated: datetime | None
    metadata: Mapping[str, str]
    notes: Sequence[str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """Where a document came from, and what its file was then.

    Attributes:
        file_path: never None; a file in an archive has the archive's path, `!/` and its name there.
        content_hash: of the file's bytes and its sidecar's.
    """

    document_id: DocumentId
    file_path: str
    source: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    """How much the live generation holds."""

    documents: int
    chunks: int


class Library(Protocol):
    """Documents, their chunks by generation, and vectors by content hash and model.

    Every call raises LibraryUnavailableError when PostgreSQL cannot be reached.
    """

    async def content_hashes(
        self, ids: Collection[DocumentId], *, generation: str
    ) -> Mapping[DocumentId, str]:
        """This will give the stored content hash of those documents that are whole in `generation`."""

    async def announce(self, chunk_ids: Sequence[ChunkId], *, generation: str) -> None:
        """This will remember, before points are written, which chunks are about to come into `generation`.

        They are removals until `put` stores their document: a writer that is killed in between leaves no
        point behind that nobody would ever remove. Chunks that the library holds already are left out.
        """

    async def put(self, document: Document, chunks: Sequence[Chunk], *, generation: str) -> Sequence[ChunkId]:
        """This will store a document with its chunks in one transaction, in place of what it had before.

        `created_at` of a document that exists stays. The ids of the chunks it replaces are remembered as
        removals in the same transaction. Vectors of the replaced chunks that no chunk of any generation
        refers to any more go with them.

        Returns:
            the replaced chunks' ids, to be taken out of the index.
        """

    async def delete(self, document_id: DocumentId) -> Mapping[str, Sequence[ChunkId]]:
        """This will delete a document with its chunks in every generation, in one transaction.

        Vectors that no chunk refers to any more go with it; the ids are remembered as removals.

        Returns:
            generation to chunk ids, to be taken out of the index.

        Raises:
            UnknownDocumentError: it is not there.
        """

    async def pending_removals(self, *, limit: int) -> Mapping[str, Sequence[ChunkId]]:
        """This will give chunk ids, by generation, that may still stand in the index and must not."""

    async def confirm_removals(self, chunk_ids: Sequence[ChunkId]) -> None:
        """This will forget removals that the index has carried out."""

    async def document(self, document_id: DocumentId) -> Document:
        """This will give a document with its text.

        Raises:
            UnknownDocumentError: it is not there.
        """

    async def summary(self, document_id: DocumentId) -> DocumentSummary:
        """This will give a document without its text.

        Raises:
            UnknownDocumentError: it is not there.
        """

    async def summaries(
        self, *, source: str | None = None, limit: int = 1000, after: DocumentId | None = None
    ) -> Sequence[DocumentSummary]:
        """This will list documents in order of id, from the one after `after`.

        `source` keeps those whose source is that name or ends with `/` and that name.
        """

    async def places_under(
        self, prefix: str, *, limit: int = 1000, after: StoredPlace | None = None
    ) -> Sequence[StoredPlace]:
        """This will list documents whose `file_path` begins with `prefix`, from the one after `after`.

        They are in order of the first 512 characters of their path, then of their id. No sign in `prefix` has
        a meaning of its own.
        """

    async def chunks(self, document_id: DocumentId) -> Sequence[Chunk]:
        """This will give a document's chunks in the live generation, in order.

        Raises:
            UnknownDocumentError: it is not there.
        """

    async def chunk_ids(
        self, ids: Collection[DocumentId], *, generation: str
    ) -> Mapping[DocumentId, Sequence[ChunkId]]:
        """This will name the chunks in `generation` of those of the documents that are there, in order."""

    async def known_chunks(self, ids: Collection[ChunkId], *, generation: str) -> frozenset[ChunkId]:
        """This will say which of the ids are chunks of `generation`."""

    async def passages(self, candidates: Sequence[FusedCandidate]) -> Sequence[Passage]:
        """This will give the candidates' texts, in their order, leaving out what is not in the library."""

    async def vectors(self, hashes: Collection[str], *, model: str) -> Mapping[str, Vectors]:
        """This will give the stored vectors that `model` (an identity's key) made for these hashes."""

    async def store_vectors(self, vectors: Mapping[str, Vectors], *, model: str) -> None:
        """This will store vectors by content hash; those that exist stay as they are."""

    async def counts(self) -> LibraryCounts:
        """This will count the documents and chunks of the live generation; quick in a library of any size."""

    async def count_vectors(self) -> int:
        """This will count the stored vectors, exactly.

        Slow on a large library: for checks and benchmarks only.
        """

    async def live_generation(self) -> Generation | None:
        """This will give the live generation, or None before the first ingest."""

    async def generations(self) -> Sequence[Generation]:
        """This will give every generation, in order of number."""

    async def add_generation(self, recipe: IndexRecipe) -> Generation:
        """This will register a new generation under the next number, as BUILDING.

        Two callers at once get two generations.
        """

    async def make_live(self, name: str) -> Generation:
        """This will make a generation LIVE and the one before it PREVIOUS, in one transaction.

        Idempotent. When another generation became live first and `name` never was, the two callers still
        end with exactly one LIVE generation.
        """

    async def ping(self) -> None:
        """This will log in and run SELECT 1."""
