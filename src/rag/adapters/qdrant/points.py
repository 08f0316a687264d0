"""How does a chunk lie in Qdrant, and in which requests does it get there?"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import numpy as np
import orjson

from rag.adapters.qdrant.words import WordCounter
from rag.domain.documents import Chunk, Metadata
from rag.ports.search import Point, PointRefusedError

Json: TypeAlias = dict[str, Any]

DENSE: Final = "dense"
BM25: Final = "bm25"
LABELS: Final = "labels"
BATCH_POINTS: Final = 256
BODY_BYTES: Final = 8 << 20
# What a Qdrant server takes at most unless it is told otherwise. It hangs up on more, like one that is down.
MOST_BODY_BYTES: Final = 32 << 20
_FRAME_BYTES: Final = len(b'{"points":[]}')


def upsert_bodies(points: Iterable[Point], *, generation: str, words: WordCounter) -> Iterator[bytes]:
    """This will write, one after the other, the bodies of the requests that add or replace points. CPU-bound.

    Each holds `BATCH_POINTS` points and `BODY_BYTES` bytes at most; a longer point has a body of its own.

    Raises:
        PointRefusedError: a point is longer than any server takes.
    """
    pieces: list[bytes] = []
    size = _FRAME_BYTES
    for point in points:
        piece = _written(point, generation=generation, words=words)
        if pieces and (len(pieces) == BATCH_POINTS or size + len(piece) > BODY_BYTES):
            yield _body(pieces)
            pieces, size = [], _FRAME_BYTES
        pieces.append(piece)
        size += len(piece) + 1
    if pieces:
        yield _body(pieces)


def rfc3339(moment: datetime) -> str:
    """This will write a moment as Qdrant reads it; one without a time zone is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def label(key: str, value: str) -> str:
    """This will give the one keyword that stands for a metadata field with its value.

    All fields share one payload index this way, whatever they are called.
    """
    return f"{quote(key, safe='')}={value}"


def _body(pieces: Sequence[bytes]) -> bytes:
    return b'{"points":[' + b",".join(pieces) + b"]}"


def _written(point: Point, *, generation: str, words: WordCounter) -> bytes:
    piece = orjson.dumps(_point(point, generation=generation, words=words), option=orjson.OPT_SERIALIZE_NUMPY)
    if _FRAME_BYTES + len(piece) > MOST_BODY_BYTES:
        raise PointRefusedError(
            f"A chunk of {point.source} takes {len(piece)} bytes in the index; {MOST_BODY_BYTES} is the most."
        )
    return piece


def _point(point: Point, *, generation: str, words: WordCounter) -> Json:
    return {
        # Drivers have UUID classes of their own, which orjson does not write.
        "id": str(point.chunk.id),
        "vector": {
            DENSE: np.ascontiguousarray(point.vector, dtype=np.float32),
            BM25: words.document(point.chunk.embedded_text),
        },
        "payload": _payload(point, generation=generation),
    }


def _payload(point: Point, *, generation: str) -> Json:
    chunk = point.chunk
    return {
        "chunk_id": str(chunk.id),
        "document_id": str(chunk.document_id),
        "source": point.source,
        "title": point.title,
        "page": chunk.page,
        "section": chunk.section,
        "ordinal": chunk.ordinal,
        "start": chunk.start,
        "end": chunk.end,
        "token_count": chunk.token_count,
        "text": chunk.text,
        **_embedded_text(chunk),
        "embedding_hash": chunk.embedding_hash,
        "generation": generation,
        "dated": rfc3339(point.dated),
        "metadata": dict(point.metadata),
        LABELS: _labels(point.metadata),
    }


def _embedded_text(chunk: Chunk) -> Json:
    # It is nearly always a heading line and the text: the text is not kept twice.
    if chunk.embedded_text.endswith(chunk.text):
        return {"lead": chunk.embedded_text.removesuffix(chunk.text)}
    return {"embedded_text": chunk.embedded_text}


def _labels(metadata: Metadata) -> list[str]:
    return sorted(label(key, value) for key, value in metadata.items())
