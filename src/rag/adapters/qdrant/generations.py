"""What does a generation look like as a collection?"""

import math
from typing import Any, Final

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from rag.adapters.qdrant.points import BM25, DENSE, LABELS
from rag.domain.recipe import IndexRecipe
from rag.ports.search import IndexMismatchError

_SLOW_CALL_SECONDS: Final = 60
_CONFLICT: Final = 409
_PAYLOAD_INDEXES: Final = {
    "source": models.PayloadSchemaType.KEYWORD,
    "document_id": models.PayloadSchemaType.UUID,
    "dated": models.PayloadSchemaType.DATETIME,
    LABELS: models.PayloadSchemaType.KEYWORD,
}


async def ensure_generation(
    client: AsyncQdrantClient, generation: str, recipe: IndexRecipe, *, exact_below_points: int
) -> None:
    """This will make the collection unless it exists, and the payload indexes that it lacks.

    Raises:
        IndexMismatchError: it exists for another model or recipe.
        ApiException: Qdrant failed.
    """
    if not await client.collection_exists(generation):
        await _create(client, generation, recipe, exact_below_points=exact_below_points)
    found = await client.get_collection(generation)
    _check(found, generation, recipe)
    for field, kind in _PAYLOAD_INDEXES.items():
        if field not in found.payload_schema:
            await client.create_payload_index(
                generation, field_name=field, field_schema=kind, wait=True, timeout=_SLOW_CALL_SECONDS
            )


async def _create(
    client: AsyncQdrantClient, generation: str, recipe: IndexRecipe, *, exact_below_points: int
) -> None:
    dimension = recipe.model.dimension
    kilobytes = math.ceil(exact_below_points * dimension * 4 / 1024)
    try:
        await client.create_collection(
            generation,
            vectors_config={DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
            sparse_vectors_config={BM25: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            hnsw_config=models.HnswConfigDiff(
                m=16, ef_construct=128, full_scan_threshold=max(10, kilobytes // 2)
            ),
            optimizers_config=models.OptimizersConfigDiff(indexing_threshold=kilobytes),
            metadata=_signature(recipe),
            timeout=_SLOW_CALL_SECONDS,
        )
    except UnexpectedResponse as error:
        if error.status_code != _CONFLICT:  # somebody else made it in the same moment
            raise


def _check(found: models.CollectionInfo, generation: str, recipe: IndexRecipe) -> None:
    vectors = found.config.params.vectors
    dense = vectors.get(DENSE) if isinstance(vectors, dict) else None
    if dense is None or dense.size != recipe.model.dimension:
        holds = "no vector that is ours" if dense is None else f"vectors of {dense.size} numbers"
        raise IndexMismatchError(
            f"The index {generation} holds {holds}; {recipe.model.name} makes {recipe.model.dimension}."
        )
    # Servers before 1.16 keep no metadata.
    built_by = found.config.metadata or _signature(recipe)
    if built_by != _signature(recipe):
        raise IndexMismatchError(
            f"The index {generation} was built by {built_by.get('model')} with the recipe "
            f"{built_by.get('recipe')}, not by {recipe.model.key} with {recipe.fingerprint}."
        )


def _signature(recipe: IndexRecipe) -> dict[str, Any]:
    return {"model": recipe.model.key, "recipe": recipe.fingerprint}
