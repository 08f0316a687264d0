"""What is a library that forgets everything when the process ends? Tests use it, production never."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from rag.domain.documents import Chunk, ChunkId, Document, DocumentId
from rag.domain.errors import NotFoundError
from rag.domain.ranking import FusedCandidate, Passage
from rag.domain.recipe import IndexRecipe, generation_name
from rag.ports.library import (
    DocumentSummary,
    Generation,
    GenerationState,
    LibraryCounts,
    StoredPlace,
    UnknownDocumentError,
)
from rag.ports.models import Vectors


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Shelved:
    """A document's chunks in one generation, and the hash of the file that they were cut from."""

    content_hash: str
    chunks: tuple[Chunk, ...]


@dataclass
class InMemoryLibrary:
    """A library in dictionaries; implements `rag.ports.library.Library`.

    Attributes:
        now: gives the time at which a generation is made.
    """

    now: Callable[[], datetime] = _now
    _documents: dict[DocumentId, Document] = field(default_factory=dict)
    _shelved: dict[tuple[DocumentId, str], _Shelved] = field(default_factory=dict)
    _vectors: dict[tuple[str, str], Vectors] = field(default_factory=dict)
    _generations: dict[str, Generation] = field(default_factory=dict)
    _removals: dict[ChunkId, str] = field(default_factory=dict)

    async def content_hashes(
        self, ids: Collection[DocumentId], *, generation: str
    ) -> Mapping[DocumentId, str]:
        """This will give the hashes of documents whose chunks in `generation` are of their present text."""
        return {
            document_id: document.content_hash
            for document_id in ids
            if (document := self._documents.get(document_id)) is not None
            and (shelved := self._shelved.get((document_id, generation))) is not None
            and shelved.content_hash == document.content_hash
        }

    async def announce(self, chunk_ids: Sequence[ChunkId], *, generation: str) -> None:
        """This will note the chunks as removals, until their document is put."""
        held = {chunk.id for shelved in self._shelved.values() for chunk in shelved.chunks}
        self._removals.update(dict.fromkeys(set(chunk_ids) - held, generation))

    async def put(self, document: Document, chunks: Sequence[Chunk], *, generation: str) -> Sequence[ChunkId]:
        """This will store a document with its chunks in place of what `generation` had of it before."""
        known = self._documents.get(document.id)
        created_at = document.created_at if known is None else known.created_at
        self._documents[document.id] = replace(document, created_at=created_at)
        before = self._shelved.get((document.id, generation))
        self._shelved[document.id, generation] = _Shelved(document.content_hash, tuple(chunks))
        current = {chunk.id for chunk in chunks}
        old = before.chunks if before else ()
        replaced = [chunk.id for chunk in old if chunk.id not in current]
        self._drop_unused_vectors(old)
        self._removals |= dict.fromkeys(replaced, generation)
        for chunk_id in current:
            self._removals.pop(chunk_id, None)
        return replaced

    async def delete(self, document_id: DocumentId) -> Mapping[str, Sequence[ChunkId]]:
        """This will delete a document everywhere."""
        self._known(document_id)
        del self._documents[document_id]
        mine = [key for key in self._shelved if key[0] == document_id]
        gone = {generation: self._shelved.pop((_, generation)).chunks for _, generation in mine}
        self._drop_unused_vectors([chunk for lost in gone.values() for chunk in lost])
        ids = {generation: [chunk.id for chunk in lost] for generation, lost in gone.items() if lost}
        for generation, chunk_ids in ids.items():
            self._removals |= dict.fromkeys(chunk_ids, generation)
        return ids

    async def pending_removals(self, *, limit: int) -> Mapping[str, Sequence[ChunkId]]:
        """This will give the removals that were asked for first."""
        by_generation: dict[str, list[ChunkId]] = {}
        for chunk_id, generation in list(self._removals.items())[:limit]:
            by_generation.setdefault(generation, []).append(chunk_id)
        return dict(by_generation)

    async def confirm_removals(self, chunk_ids: Sequence[ChunkId]) -> None:
        """This will forget removals."""
        for chunk_id in chunk_ids:
            self._removals.pop(chunk_id, None)

    async def document(self, document_id: DocumentId) -> Document:
        """This will give a document with its text."""
        return self._known(document_id)

    async def summary(self, document_id: DocumentId) -> DocumentSummary:
        """This will give a document without its text."""
        document = self._known(document_id)
        return DocumentSummary(
            id=document.id,
            source=document.source,
            file_path=document.file_path,
            title=document.title,
            media_type=document.parsed.media_type,
            language=document.parsed.language,
            content_hash=document.content_hash,
            size_bytes=document.size_bytes,
            characters=len(document.parsed.text),
            pages=len(document.parsed.pages),
            chunks=len(self._live_chunks(document_id)),
            dated=document.parsed.dated,
            metadata=document.parsed.metadata,
            notes=document.parsed.notes,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )

    async def summaries(
        self, *, source: str | None = None, limit: int = 1000, after: DocumentId | None = None
    ) -> Sequence[DocumentSummary]:
        """This will list documents in order of id."""
        listed = [
            document_id
            for document_id, document in sorted(self._documents.items())
            if (after is None or document_id > after)
            and (source is None or f"/{document.source}".endswith(f"/{source}"))
        ]
        return [await self.summary(document_id) for document_id in listed[:limit]]

    async def places_under(
        self, prefix: str, *, limit: int = 1000, after: StoredPlace | None = None
    ) -> Sequence[StoredPlace]:
        """This will list documents by the beginning of their path."""
        places = [
            StoredPlace(document.id, document.file_path, document.source, document.content_hash)
            for document in self._documents.values()
            if document.file_path is not None and document.file_path.startswith(prefix)
        ]
        listed = [one for one in places if after is None or _by_path(one) > _by_path(after)]
        return sorted(listed, key=_by_path)[:limit]

    async def chunks(self, document_id: DocumentId) -> Sequence[Chunk]:
        """This will give a document's chunks in the live generation."""
        self._known(document_id)
        return sorted(self._live_chunks(document_id), key=lambda chunk: chunk.ordinal)

    async def chunk_ids(
        self, ids: Collection[DocumentId], *, generation: str
    ) -> Mapping[DocumentId, Sequence[ChunkId]]:
        """This will name the chunks of those of the documents that are there."""
        found = {one: self._shelved.get((one, generation)) for one in ids}
        return {one: [chunk.id for chunk in kept.chunks] for one, kept in found.items() if kept is not None}

    async def known_chunks(self, ids: Collection[ChunkId], *, generation: str) -> frozenset[ChunkId]:
        """This will say which of the ids are chunks of `generation`."""
        held = (kept for (_, name), kept in self._shelved.items() if name == generation)
        return frozenset(ids) & {chunk.id for kept in held for chunk in kept.chunks}

    async def passages(self, candidates: Sequence[FusedCandidate]) -> Sequence[Passage]:
        """This will give the candidates' texts."""
        stored = {
            chunk.id: (chunk, generation)
            for (_, generation), shelved in self._shelved.items()
            for chunk in shelved.chunks
        }
        passages = []
        for candidate in candidates:
            if candidate.chunk_id in stored:
                chunk, generation = stored[candidate.chunk_id]
                document = self._documents[chunk.document_id]
                passages.append(Passage(chunk, document.source, document.title, generation, candidate))
        return passages

    async def vectors(self, hashes: Collection[str], *, model: str) -> Mapping[str, Vectors]:
        """This will give stored vectors; they are read-only."""
        return {name: self._vectors[name, model] for name in hashes if (name, model) in self._vectors}

    async def store_vectors(self, vectors: Mapping[str, Vectors], *, model: str) -> None:
        """This will store vectors; those that exist stay."""
        for name, vector in vectors.items():
            own = np.array(vector, dtype=np.float32)
            own.setflags(write=False)
            self._vectors.setdefault((name, model), own)

    async def counts(self) -> LibraryCounts:
        """This will count the live generation."""
        live = await self.live_generation()
        sizes = [
            len(shelved.chunks)
            for (_, generation), shelved in self._shelved.items()
            if live is not None and generation == live.name
        ]
        return LibraryCounts(documents=len(sizes), chunks=sum(sizes))

    async def count_vectors(self) -> int:
        """This will count the stored vectors."""
        return len(self._vectors)

    async def live_generation(self) -> Generation | None:
        """This will give the live generation."""
        live = (each for each in self._generations.values() if each.state is GenerationState.LIVE)
        return next(live, None)

    async def generations(self) -> Sequence[Generation]:
        """This will give every generation."""
        return list(self._generations.values())

    async def add_generation(self, recipe: IndexRecipe) -> Generation:
        """This will register a new generation."""
        number = len(self._generations) + 1
        name = generation_name(recipe, number=number)
        made = Generation(name, number, recipe, GenerationState.BUILDING, self.now())
        self._generations[name] = made
        return made

    async def make_live(self, name: str) -> Generation:
        """This will switch to a generation.

        Raises:
            NotFoundError: there is no such generation.
        """
        if name not in self._generations:
            raise NotFoundError(f"There is no generation {name}.")
        before = await self.live_generation()
        if before is not None and before.name != name:
            self._generations[before.name] = replace(before, state=GenerationState.PREVIOUS)
        self._generations[name] = replace(self._generations[name], state=GenerationState.LIVE)
        return self._generations[name]

    async def ping(self) -> None:
        """This will do nothing: memory is always there."""

    def _drop_unused_vectors(self, gone: Sequence[Chunk]) -> None:
        still_used = {chunk.embedding_hash for kept in self._shelved.values() for chunk in kept.chunks}
        dropped = {chunk.embedding_hash for chunk in gone} - still_used
        self._vectors = {key: vector for key, vector in self._vectors.items() if key[0] not in dropped}

    def _known(self, document_id: DocumentId) -> Document:
        if document_id not in self._documents:
            raise UnknownDocumentError(f"There is no document {document_id}.")
        return self._documents[document_id]

    def _live_chunks(self, document_id: DocumentId) -> tuple[Chunk, ...]:
        for generation in self._generations.values():
            if generation.state is GenerationState.LIVE:
                shelved = self._shelved.get((document_id, generation.name))
                return () if shelved is None else shelved.chunks
        return ()


def _by_path(place: StoredPlace) -> tuple[str, DocumentId]:
    return place.file_path[:512], place.document_id
