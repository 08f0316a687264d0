"""How does a chunk lie in Qdrant, and how is it read back when PostgreSQL is away?"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from urllib.parse import quote
from uuid import UUID

import numpy as np
import orjson

from rag.adapters.qdrant.words import WordCounter
from rag.domain.documents import Chunk, Metadata
from rag.domain.ranking import FusedCandidate, Passage
from rag.ports.search import Point

Json: TypeAlias = dict[str, Any]

DENSE: Final = "dense"
BM25: Final = "bm25"
LABELS: Final = "labels"


def upsert_body(points: Iterable[Point], *, generation: str, words: WordCounter) -> bytes:
    """This will write the body of the request that adds or replaces points. CPU-bound."""
    return orjson.dumps(
        {"points": [_point(point, generation=generation, words=words) for point in points]},
        option=orjson.OPT_SERIALIZE_NUMPY,
    )


def rfc3339(moment: datetime) -> str:
    """This will write a moment as Qdrant reads it; one without a time zone is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def label(key: str, value: str) -> str:
    """This will give the one keyword that stands for a metadata field with its value.

    All fields share one payload index this way, whatever they are called.
    """
    return f"{quote(key, safe='')}={value}"


def passage_of(payload: Mapping[str, Any], candidate: FusedCandidate) -> Passage:
    """This will read a passage back out of a point's payload.

    Raises:
        KeyError, TypeError, ValueError: the payload is not one of ours.
    """
    text = payload["text"]
    chunk = Chunk(
        id=UUID(payload["chunk_id"]),
        document_id=UUID(payload["document_id"]),
        ordinal=payload["ordinal"],
        start=payload["start"],
        end=payload["end"],
        text=text,
        page=payload["page"],
        section=payload["section"],
        token_count=payload["token_count"],
        embedded_text=payload["embedded_text"] if "embedded_text" in payload else payload["lead"] + text,
        embedding_hash=payload["embedding_hash"],
    )
    return Passage(
        chunk=chunk,
        source=payload["source"],
        title=payload["title"],
        generation=payload["generation"],
        candidate=candidate,
    )


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
