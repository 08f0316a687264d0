"""Entries of the query log and ratings: made for tests, and read back by them."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.in_memory.journal import InMemoryJournal
from rag.adapters.postgres.query_rows import feedback_of, query_of
from rag.adapters.postgres.tables import feedback, query_logs
from rag.domain.answer import Answer, Citation, Span, Usage
from rag.domain.question import Filter, Question, RerankMode
from rag.domain.recipe import FusionMethod, RankingRecipe
from rag.ports.journal import ChunkVerdict, Feedback, QueryRecord
from tests.support.books import MONDAY, TUESDAY

NARROWED = Filter(
    sources=frozenset({"faq.md", "guides/backup.md"}),
    document_ids=frozenset({UUID(int=2), UUID(int=3)}),
    dated_from=MONDAY,
    dated_before=TUESDAY,
    metadata=(("team", "red"), ("kind", "guide")),
)


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
        question=Question(question, top_k=7, filter=NARROWED, session="session-1", rerank=RerankMode.ALWAYS),
        read_as="How do I restore a backup of the index?",
        answer=Answer(
            text, (citation,), abstained=False, writer="extractive", degraded=("llm",), usage=Usage(7, 9)
        ),
        sources=("guides/backup.md", "faq.md"),
        generation="rag-0001-abcdef01",
        model="all-MiniLM-L6-v2/fp32/53aa51172d14",
        ranking=RankingRecipe(
            fusion=FusionMethod.RECIPROCAL_RANK, dense_weight=0.7, reranker="late-interaction", floor=0.5
        ),
        reranked=True,
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
    """What a journal holds, whatever its kind, in full."""

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
        return [query_of(row) for row in await self._rows(query_logs)]

    async def ratings(self) -> list[Feedback]:
        """Read every row back."""
        return [feedback_of(row) for row in await self._rows(feedback)]

    async def _rows(self, table: Table) -> list[RowMapping]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(table).order_by(table.c.id))).mappings())
