"""Entries of the query log and ratings made for tests."""

from uuid import UUID, uuid4

from rag.domain.answer import Answer, Citation, Span, Usage
from rag.ports.journal import ChunkVerdict, Feedback, QueryRecord
from tests.support.books import MONDAY, TUESDAY


def entry(question: str = "How do I restore a backup?", *, text: str = "Run restore [1].") -> QueryRecord:
    """Make an entry that has something in every field."""
    citation = Citation(
        number=1,
        chunk_id=UUID(int=1),
        document_id=UUID(int=2),
        source="guides/backup.md",
        title="Backups",
        page=3,
        section=None,
        text=text,
        span=Span(4, 20),
    )
    return QueryRecord(
        id=uuid4(),
        request_id="req-1",
        asked_at=MONDAY,
        question=question,
        session="session-1",
        answer=Answer(
            text, (citation,), abstained=False, writer="extractive", degraded=("llm",), usage=Usage(7, 9)
        ),
        sources=("guides/backup.md", "faq.md"),
        generation="rag-0001-abcdef01",
        model="all-MiniLM-L6-v2/fp32/53aa51172d14",
        retrieval_score=0.71,
        timings_ms={"search": 2.5, "write": 20.0},
        latency_ms=23.75,
    )


def rating(query_log_id: UUID, stars: int = 2, *, comment: str | None = "Not what I asked.") -> Feedback:
    """Make a rating that has something in every field."""
    return Feedback(
        id=uuid4(),
        query_log_id=query_log_id,
        rating=stars,
        comment=comment,
        verdicts=((UUID(int=1), ChunkVerdict.STALE),),
        rated_at=TUESDAY,
    )
