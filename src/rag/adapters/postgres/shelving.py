"""How does a document get onto the shelf with its chunks, and off it again, all or nothing?"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, delete, literal, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres.rows import CHUNK_COLUMNS, chunk_row, document_row
from rag.adapters.postgres.tables import chunks, document_generations, documents, index_removals
from rag.domain.documents import Chunk, ChunkId, Document, DocumentId
from rag.ports.library import UnknownDocumentError

_NEW_DOCUMENT = insert_or(documents)
_PUT_DOCUMENT: Final = _NEW_DOCUMENT.on_conflict_do_update(
    index_elements=["id"],
    set_={
        column.name: _NEW_DOCUMENT.excluded[column.name]
        for column in documents.columns
        if column.name not in {"id", "created_at"}
    },
)

_NEW_MEMBER = insert_or(document_generations)
_PUT_MEMBER: Final = _NEW_MEMBER.on_conflict_do_update(
    index_elements=["document_id", "generation"],
    set_={
        "content_hash": _NEW_MEMBER.excluded["content_hash"],
        "chunks": _NEW_MEMBER.excluded["chunks"],
    },
)

_REMEMBER_REMOVALS: Final = insert_or(index_removals).on_conflict_do_nothing()

ANNOUNCE: Final = text(
    """
    INSERT INTO index_removals (chunk_id, generation)
    SELECT announced.id, :generation FROM unnest(CAST(:ids AS uuid[])) AS announced (id)
    WHERE NOT EXISTS (SELECT FROM chunks WHERE chunks.id = announced.id)
    ON CONFLICT DO NOTHING
    """
)

# In order of key, as vectors are stored too: two transactions never wait for each other in a circle.
_DROP_UNUSED_VECTORS: Final = text(
    """
    WITH unused AS (
        SELECT content_hash, model FROM embeddings
        WHERE content_hash = ANY(CAST(:hashes AS text[]))
          AND NOT EXISTS (SELECT FROM chunks WHERE chunks.embedding_hash = embeddings.content_hash)
        ORDER BY content_hash, model
        FOR UPDATE
    )
    DELETE FROM embeddings USING unused
    WHERE embeddings.content_hash = unused.content_hash AND embeddings.model = unused.model
    """
)


def among_ids(column: ColumnElement[Any], ids: Collection[object]) -> ColumnElement[bool]:
    """This will ask for rows with one of the ids, given as one array: the statement stays the same."""
    return column == any_(literal(list(ids), ARRAY(Uuid)))


async def put_document(
    connection: AsyncConnection, document: Document, new: Sequence[Chunk], *, generation: str
) -> Sequence[ChunkId]:
    """This will store a document and its chunks, and give the ids of the chunks that they replace.

    The first statement holds the document's row, so that two writers of one document follow each other.
    """
    await connection.execute(_PUT_DOCUMENT, document_row(document))
    member = {
        "document_id": document.id,
        "generation": generation,
        "content_hash": document.content_hash,
        "chunks": len(new),
    }
    await connection.execute(_PUT_MEMBER, member)
    mine = (chunks.c.document_id == document.id) & (chunks.c.generation == generation)
    given = delete(chunks).where(mine).returning(chunks.c.ordinal, chunks.c.id, chunks.c.embedding_hash)
    old = (await connection.execute(given)).all()
    await _copy_chunks(connection, new, generation=generation)
    current = {chunk.id for chunk in new}
    replaced = [
        chunk_id for _, chunk_id in sorted((row.ordinal, row.id) for row in old) if chunk_id not in current
    ]
    if replaced:
        await _remember(connection, [(chunk_id, generation) for chunk_id in replaced])
    hashes = {row.embedding_hash for row in old} - {chunk.embedding_hash for chunk in new}
    if hashes:
        await connection.execute(_DROP_UNUSED_VECTORS, {"hashes": sorted(hashes)})
    # A document that went back to what it once was takes up its old ids: they must not be removed after all.
    await connection.execute(delete(index_removals).where(among_ids(index_removals.c.chunk_id, current)))
    return replaced


async def delete_document(
    connection: AsyncConnection, document_id: DocumentId
) -> dict[str, Sequence[ChunkId]]:
    """This will delete a document with everything that is only its own, and give its chunks by generation.

    Raises:
        UnknownDocumentError: it is not there.
    """
    held = select(documents.c.id).where(documents.c.id == document_id).with_for_update()
    if (await connection.execute(held)).first() is None:
        raise UnknownDocumentError(f"There is no document {document_id}.")
    mine = delete(chunks).where(chunks.c.document_id == document_id)
    gone = (
        await connection.execute(mine.returning(chunks.c.generation, chunks.c.id, chunks.c.embedding_hash))
    ).all()
    await connection.execute(delete(documents).where(documents.c.id == document_id))
    by_generation: dict[str, list[ChunkId]] = {}
    for generation, chunk_id, _ in gone:
        by_generation.setdefault(generation, []).append(chunk_id)
    if gone:
        await _remember(connection, [(chunk_id, generation) for generation, chunk_id, _ in gone])
        await connection.execute(_DROP_UNUSED_VECTORS, {"hashes": sorted({row[2] for row in gone})})
    return dict(by_generation)


async def chunk_ids_of(
    connection: AsyncConnection, ids: Collection[DocumentId], *, generation: str
) -> dict[DocumentId, Sequence[ChunkId]]:
    """This will name the chunks of documents in one generation, in order; one without chunks has none."""
    members = select(document_generations.c.document_id).where(
        among_ids(document_generations.c.document_id, ids), document_generations.c.generation == generation
    )
    wanted = (
        select(chunks.c.document_id, chunks.c.id)
        .where(among_ids(chunks.c.document_id, ids), chunks.c.generation == generation)
        .order_by(chunks.c.document_id, chunks.c.ordinal)
    )
    found: dict[DocumentId, list[ChunkId]] = {one: [] for one in await connection.scalars(members)}
    for document_id, chunk_id in await connection.execute(wanted):
        found.setdefault(document_id, []).append(chunk_id)
    return dict(found)


async def _copy_chunks(connection: AsyncConnection, new: Sequence[Chunk], *, generation: str) -> None:
    """COPY is the quickest way in; it runs on the driver's connection, within the open transaction."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    rows = [chunk_row(chunk, generation=generation) for chunk in new]
    await driver.copy_records_to_table("chunks", columns=CHUNK_COLUMNS, records=rows)


async def _remember(connection: AsyncConnection, removals: Sequence[tuple[ChunkId, str]]) -> None:
    rows = [{"chunk_id": chunk_id, "generation": generation} for chunk_id, generation in removals]
    await connection.execute(_REMEMBER_REMOVALS, rows)
