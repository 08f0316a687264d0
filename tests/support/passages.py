"""Passages made for tests."""

from uuid import UUID

from rag.domain.documents import Chunk, sha256_hex
from rag.domain.ranking import FusedCandidate, Passage


def passage(  # noqa: PLR0913 - whatever a test may want to differ
    text: str,
    *,
    number: int = 1,
    cosine: float | None = 0.8,
    start: int = 0,
    tokens: int = 50,
    document: int | None = None,
    score: float = 0.5,
) -> Passage:
    """Make a passage of `text` that starts at character `start` of its document."""
    chunk = Chunk(
        id=UUID(int=number),
        document_id=UUID(int=1000 + (document or number)),
        ordinal=0,
        start=start,
        end=start + len(text),
        text=text,
        page=None,
        section=None,
        token_count=tokens,
        embedded_text=text,
        embedding_hash=sha256_hex(text.encode()),
    )
    scores = () if cosine is None else (("dense", cosine),)
    candidate = FusedCandidate(chunk.id, score, (("dense", number),), scores)
    return Passage(chunk, f"doc{number}.md", f"Doc {number}", "rag-0001-abcdef01", candidate)
