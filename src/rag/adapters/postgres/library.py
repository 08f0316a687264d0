"""Where do documents, chunks and vectors live, when PostgreSQL is the truth?"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import numpy as np
from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, literal, or_, select, text
from sqlalchemy import delete as delete_from
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rag.adapters.postgres.building import append_generation, switch_generation
from rag.adapters.postgres.failures import library_failures
from rag.adapters.postgres.places import places_under
from rag.adapters.postgres.rows import chunk_of, document_of, generation_of, summary_of, title_of
from rag.adapters.postgres.shelving import ANNOUNCE, among_ids, chunk_ids_of, delete_document, put_document
from rag.adapters.postgres.stored_text import storable
from rag.adapters.postgres.tables import (
    chunks,
    document_generations,
    documents,
    embeddings,
    generations,
    index_removals,
)
from rag.domain.documents import Chunk, ChunkId, Document, DocumentId
from rag.domain.ranking import FusedCandidate, Passage
from rag.domain.recipe import IndexRecipe
from rag.ports.library import (
    DocumentSummary,
    Generation,
    GenerationState,
    LibraryCounts,
    StoredPlace,
    UnknownDocumentError,
)
from rag.ports.models import Vectors

_LIVE: Final = generations.c.state == GenerationState.LIVE.value

_SUMMARIES: Final = select(
    *(column for column in documents.columns if column.name not in {"text", "pages", "headings", "unbroken"}),
    func.coalesce(document_generations.c.chunks, 0).label("chunks"),
).select_from(
    documents.outerjoin(generations, _LIVE).outerjoin(
        document_generations,
        (document_generations.c.document_id == documents.c.id)
        & (document_generations.c.generation == generations.c.name),
    )
)

_PASSAGES: Final = (
    select(*chunks.columns, documents.c.source, documents.c.title)
    .join_from(chunks, documents)
    .where(chunks.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)

_COUNTS: Final = text(
    """
    SELECT count(*) AS documents, coalesce(sum(chunks), 0) AS chunks FROM document_generations
    WHERE generation = (SELECT name FROM generations WHERE state = 'live')
    """
)

_VECTORS: Final = text(
    """
    SELECT content_hash, vector FROM embeddings
    WHERE model = :model AND content_hash = ANY(CAST(:hashes AS text[]))
    """
)

_STORE_VECTORS: Final = text(
    """
    INSERT INTO embeddings (content_hash, model, vector)
    SELECT content_hash, :model, vector
    FROM unnest(CAST(:hashes AS text[]), CAST(:vectors AS bytea[])) AS given (content_hash, vector)
    ON CONFLICT DO NOTHING
    """
)


class PostgresLibrary:
    """The library in PostgreSQL; implements `rag.ports.library.Library`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # A single statement is its own transaction: this spares the trips for BEGIN and COMMIT.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def content_hashes(
        self, ids: Collection[DocumentId], *, generation: str
    ) -> Mapping[DocumentId, str]:
        """This will give the hashes of documents whose chunks in `generation` are of their present text."""
        member = document_generations
        whole = (member.c.document_id == documents.c.id) & (member.c.content_hash == documents.c.content_hash)
        wanted = (
            select(documents.c.id, documents.c.content_hash)
            .join(member, whole)
            .where(among_ids(documents.c.id, ids), member.c.generation == generation)
        )
        async with self._statement() as connection:
            return {row.id: row.content_hash for row in await connection.execute(wanted)}

    async def put(self, document: Document, chunks: Sequence[Chunk], *, generation: str) -> Sequence[ChunkId]:
        """This will store a document with its chunks in place of what `generation` had of it before."""
        async with self._transaction() as connection:
            return await put_document(connection, document, chunks, generation=generation)

    async def delete(self, document_id: DocumentId) -> Mapping[str, Sequence[ChunkId]]:
        """This will delete a document everywhere."""
        async with self._transaction() as connection:
            return await delete_document(connection, document_id)

    async def announce(self, chunk_ids: Sequence[ChunkId], *, generation: str) -> None:
        """This will note the chunks as removals, until their document is put."""
        async with self._statement() as connection:
            await connection.execute(ANNOUNCE, {"ids": list(chunk_ids), "generation": generation})

    async def pending_removals(self, *, limit: int) -> Mapping[str, Sequence[ChunkId]]:
        """This will give the removals that were asked for first."""
        removals = index_removals
        oldest = (
            select(removals.c.generation, removals.c.chunk_id)
            .order_by(removals.c.requested_at, removals.c.chunk_id)
            .limit(limit)
        )
        by_generation: dict[str, list[ChunkId]] = {}
        async with self._statement() as connection:
            for generation, chunk_id in await connection.execute(oldest):
                by_generation.setdefault(generation, []).append(chunk_id)
        return dict(by_generation)

    async def confirm_removals(self, chunk_ids: Sequence[ChunkId]) -> None:
        """This will forget removals."""
        done = delete_from(index_removals).where(among_ids(index_removals.c.chunk_id, chunk_ids))
        async with self._statement() as connection:
            await connection.execute(done)

    async def document(self, document_id: DocumentId) -> Document:
        """This will give a document with its text."""
        async with self._statement() as connection:
            found = await connection.execute(select(documents).where(documents.c.id == document_id))
            row = found.mappings().first()
        if row is None:
            raise _unknown(document_id)
        return document_of(row)

    async def summary(self, document_id: DocumentId) -> DocumentSummary:
        """This will give a document without its text."""
        async with self._statement() as connection:
            found = await connection.execute(_SUMMARIES.where(documents.c.id == document_id))
            row = found.mappings().first()
        if row is None:
            raise _unknown(document_id)
        return summary_of(row)

    async def summaries(
        self, *, source: str | None = None, limit: int = 1000, after: DocumentId | None = None
    ) -> Sequence[DocumentSummary]:
        """This will list documents in order of id."""
        listed = _SUMMARIES.order_by(documents.c.id).limit(limit)
        if after is not None:
            listed = listed.where(documents.c.id > after)
        if source is not None:
            source = storable(source)
            ending = f"/{source}"
            ends = func.right(documents.c.source, len(ending)) == ending
            listed = listed.where(or_(documents.c.source == source, ends))
        async with self._statement() as connection:
            return [summary_of(row) for row in (await connection.execute(listed)).mappings()]

    async def places_under(
        self, prefix: str, *, limit: int = 1000, after: StoredPlace | None = None
    ) -> Sequence[StoredPlace]:
        """This will list documents by the beginning of their path."""
        async with self._statement() as connection:
            return await places_under(connection, prefix, limit=limit, after=after)

    async def chunks(self, document_id: DocumentId) -> Sequence[Chunk]:
        """This will give a document's chunks in the live generation."""
        belongs = (chunks.c.document_id == documents.c.id) & (chunks.c.generation == generations.c.name)
        wanted = (
            select(*chunks.columns)
            .select_from(documents.outerjoin(generations, _LIVE).outerjoin(chunks, belongs))
            .where(documents.c.id == document_id)
            .order_by(chunks.c.ordinal)
        )
        async with self._statement() as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        if not rows:
            raise _unknown(document_id)
        # One row of NULLs says that the document is there and has no chunk.
        return [chunk_of(row) for row in rows if row["id"] is not None]

    async def chunk_ids(
        self, ids: Collection[DocumentId], *, generation: str
    ) -> Mapping[DocumentId, Sequence[ChunkId]]:
        """This will name the chunks of those of the documents that are there."""
        async with self._statement() as connection:
            return await chunk_ids_of(connection, ids, generation=generation)

    async def known_chunks(self, ids: Collection[ChunkId], *, generation: str) -> frozenset[ChunkId]:
        """This will say which of the ids are chunks of `generation`."""
        held = select(chunks.c.id).where(among_ids(chunks.c.id, ids), chunks.c.generation == generation)
        async with self._statement() as connection:
            return frozenset((await connection.scalars(held)).all())

    async def passages(self, candidates: Sequence[FusedCandidate]) -> Sequence[Passage]:
        """This will give the candidates' texts, in one trip."""
        wanted = {"ids": [candidate.chunk_id for candidate in candidates]}
        async with self._statement() as connection:
            rows = {row["id"]: row for row in (await connection.execute(_PASSAGES, wanted)).mappings()}
        return [
            Passage(
                chunk=chunk_of(row),
                source=row["source"],
                title=title_of(row),
                generation=row["generation"],
                candidate=candidate,
            )
            for candidate in candidates
            if (row := rows.get(candidate.chunk_id)) is not None
        ]

    async def vectors(self, hashes: Collection[str], *, model: str) -> Mapping[str, Vectors]:
        """This will give stored vectors; they are read-only views."""
        async with self._statement() as connection:
            rows = await connection.execute(_VECTORS, {"model": model, "hashes": list(hashes)})
            return {row.content_hash: _vector_of(row.vector) for row in rows}

    async def store_vectors(self, vectors: Mapping[str, Vectors], *, model: str) -> None:
        """This will store vectors; those that exist stay."""
        # In order of key, as unused ones are deleted too: nobody waits in a circle.
        hashes = sorted(vectors)
        given: dict[str, Any] = {
            "model": model,
            "hashes": hashes,
            "vectors": [np.asarray(vectors[name], dtype="<f4").tobytes() for name in hashes],
        }
        async with self._statement() as connection:
            await connection.execute(_STORE_VECTORS, given)

    async def counts(self) -> LibraryCounts:
        """This will count the live generation, from one row a document."""
        async with self._statement() as connection:
            row = (await connection.execute(_COUNTS)).one()
        return LibraryCounts(documents=row.documents, chunks=int(row.chunks))

    async def count_vectors(self) -> int:
        """This will read every row of the vectors' table."""
        async with self._statement() as connection:
            return int(await connection.scalar(select(func.count()).select_from(embeddings)) or 0)

    async def live_generation(self) -> Generation | None:
        """This will give the live generation."""
        async with self._statement() as connection:
            row = (await connection.execute(select(generations).where(_LIVE))).mappings().first()
        return None if row is None else generation_of(row)

    async def generations(self) -> Sequence[Generation]:
        """This will give every generation."""
        async with self._statement() as connection:
            rows = await connection.execute(select(generations).order_by(generations.c.number))
            return [generation_of(row) for row in rows.mappings()]

    async def add_generation(self, recipe: IndexRecipe) -> Generation:
        """This will register a new generation."""
        async with self._transaction() as connection:
            return await append_generation(connection, recipe)

    async def make_live(self, name: str) -> Generation:
        """This will switch to a generation."""
        async with self._transaction() as connection:
            return await switch_generation(connection, name)

    async def ping(self) -> None:
        """This will log in and run SELECT 1."""
        async with self._statement() as connection:
            await connection.execute(select(literal(1)))

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[AsyncConnection]:
        with library_failures():
            async with self._single.connect() as connection:
                yield connection

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with library_failures():
            async with self._engine.begin() as connection:
                yield connection


def _unknown(document_id: DocumentId) -> UnknownDocumentError:
    return UnknownDocumentError(f"There is no document {document_id}.")


def _vector_of(stored: bytes) -> Vectors:
    return np.frombuffer(stored, dtype="<f4").astype(np.float32, copy=False)
