"""Entries of the query log and ratings: made for tests, and read back by them."""

import math
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.in_memory.journal import InMemoryJournal
from rag.adapters.postgres.tables import feedback, query_logs
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


class Written(Protocol):
    """What a journal holds, whatever its kind; the port itself gives nothing back."""

    async def queries(self) -> list[QueryRecord]:
        """Give every entry, in order of id."""

    async def ratings(self) -> list[Feedback]:
        """Give every rating, in order of id."""


@dataclass(frozen=True)
class WrittenInMemory:
    """What the fake holds."""

    journal: InMemoryJournal

    async def queries(self) -> list[QueryRecord]:
        """Look into the dictionary."""
        return [entry for _, entry in sorted(self.journal.queries.items())]

    async def ratings(self) -> list[Feedback]:
        """Look into the dictionary."""
        return [given for _, given in sorted(self.journal.ratings.items())]


@dataclass(frozen=True)
class WrittenInPostgres:
    """What the tables hold."""

    engine: AsyncEngine

    async def queries(self) -> list[QueryRecord]:
        """Read every row back."""
        return [_query_of(row) for row in await self._rows(query_logs)]

    async def ratings(self) -> list[Feedback]:
        """Read every row back."""
        return [_feedback_of(row) for row in await self._rows(feedback)]

    async def _rows(self, table: Table) -> list[RowMapping]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(table).order_by(table.c.id))).mappings())


def _query_of(row: RowMapping) -> QueryRecord:
    answer = Answer(
        text=row["answer"],
        citations=tuple(_citation_of(citation) for citation in row["citations"]),
        abstained=row["abstained"],
        writer=row["writer"],
        degraded=tuple(row["degraded"]),
        usage=Usage(row["prompt_tokens"], row["completion_tokens"]),
    )
    return QueryRecord(
        id=row["id"],
        request_id=row["request_id"],
        asked_at=row["created_at"],
        question=row["query_text"],
        session=row["session"],
        answer=answer,
        sources=tuple(row["sources"]),
        generation=row["generation"],
        model=row["model"],
        retrieval_score=row["retrieval_score"],
        timings_ms={
            stage: math.nan if value is None else value for stage, value in row["timings_ms"].items()
        },
        latency_ms=row["latency_ms"],
    )


def _citation_of(stored: dict[str, Any]) -> Citation:
    ids = {name: UUID(stored[name]) for name in ("chunk_id", "document_id")}
    return Citation(**stored | ids | {"span": Span(**stored["span"])})


def _feedback_of(row: RowMapping) -> Feedback:
    return Feedback(
        id=row["id"],
        query_log_id=row["query_log_id"],
        rating=row["rating"],
        comment=row["comment"],
        verdicts=tuple((UUID(each["chunk_id"]), ChunkVerdict(each["verdict"])) for each in row["verdicts"]),
        rated_at=row["rated_at"],
    )
