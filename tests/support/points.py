"""Where do tests get chunks with vectors, ready for an index?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from rag.domain.documents import Chunk, sha256_hex
from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe, ModelIdentity
from rag.ports.models import Vectors
from rag.ports.search import Point

DIMENSION = 8
DATED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def recipe(*, dimension: int = DIMENSION, size_tokens: int = 200) -> IndexRecipe:
    """Make a recipe for vectors of `dimension` numbers."""
    model = ModelIdentity(
        name="test-model",
        precision="fp32",
        fingerprint="0123456789ab",
        dimension=dimension,
        window_tokens=256,
    )
    return IndexRecipe(chunking=ChunkingRecipe(size_tokens=size_tokens), lexical=LexicalRecipe(), model=model)


def direction(*numbers: float, dimension: int = DIMENSION) -> Vectors:
    """Make a vector of length 1 from its first numbers."""
    vector = np.zeros(dimension, dtype=np.float32)
    vector[: len(numbers)] = numbers
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


def random_directions(number: int, *, dimension: int = DIMENSION, seed: int = 0) -> Vectors:
    """Make `number` vectors of length 1, the same ones for the same seed."""
    rows = np.random.default_rng(seed).normal(size=(number, dimension)).astype(np.float32)
    units: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units


def point(
    number: int,
    vector: Vectors,
    text: str = "plain words",
    *,
    source: str = "guide.md",
    dated: datetime = DATED,
    metadata: Mapping[str, str] | None = None,
) -> Point:
    """Make the `number`-th chunk of the document that `source` names; ids grow with `number`."""
    chunk = Chunk(
        id=UUID(int=number + 1),
        document_id=document_id(source),
        ordinal=number,
        start=10 * number,
        end=10 * number + len(text),
        text=text,
        page=None,
        section=None,
        token_count=len(text.split()),
        embedded_text=text,
        embedding_hash=sha256_hex(text.encode()),
    )
    return Point(
        chunk=chunk, vector=vector, source=source, title=source, dated=dated, metadata=metadata or {}
    )


def document_id(source: str) -> UUID:
    """Give the id of the test document that `source` names."""
    return UUID(sha256_hex(source.encode())[:32])


def points_with(vectors: Vectors, *, first: int = 0) -> Sequence[Point]:
    """Make one point a vector, numbered from `first`."""
    return [point(first + row, vector, f"word{first + row}") for row, vector in enumerate(vectors)]
