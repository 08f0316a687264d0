"""Where are questions, answers and ratings kept, when PostgreSQL keeps them?"""

import math
from dataclasses import asdict
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres.failures import FOREIGN_KEY_VIOLATION, library_failures, sqlstate_of
from rag.adapters.postgres.rows import zoned
from rag.adapters.postgres.stored_text import storable
from rag.adapters.postgres.tables import feedback as ratings
from rag.adapters.postgres.tables import query_logs
from rag.domain.answer import Citation
from rag.domain.errors import InvalidInputError
from rag.ports.journal import Feedback, QueryRecord, UnknownQueryLogError


class PostgresJournal:
    """The journal in PostgreSQL; implements `rag.ports.journal.Journal`."""

    def __init__(self, engine: AsyncEngine) -> None:
        # Each entry is one statement, and so its own transaction.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def record_query(self, entry: QueryRecord) -> None:
        """This will return when the entry is committed."""
        with library_failures():
            await self._run(insert(query_logs).values(_query_row(entry)).on_conflict_do_nothing())

    async def record_feedback(self, feedback: Feedback) -> None:
        """This will return when the rating is committed.

        Raises:
            UnknownQueryLogError: the rated entry does not exist.
            InvalidInputError: the rating is not 1 to 5.
        """
        if not 1 <= feedback.rating <= 5:  # noqa: PLR2004  # the two ends of the scale
            raise InvalidInputError(f"A rating is 1 to 5, not {feedback.rating}.")
        with library_failures():
            try:
                await self._run(insert(ratings).values(_feedback_row(feedback)).on_conflict_do_nothing())
            except IntegrityError as failure:
                if sqlstate_of(failure) != FOREIGN_KEY_VIOLATION:
                    raise
                raise UnknownQueryLogError(
                    f"There is no entry {feedback.query_log_id} in the query log."
                ) from None

    async def _run(self, statement: Executable) -> None:
        async with self._single.connect() as connection:
            await connection.execute(statement)


def _query_row(entry: QueryRecord) -> dict[str, Any]:
    answer = entry.answer
    return {
        "id": entry.id,
        "request_id": storable(entry.request_id),
        "session": storable(entry.session),
        "query_text": storable(entry.question),
        "answer": storable(answer.text),
        "abstained": answer.abstained,
        "sources": [storable(source) for source in entry.sources],
        "citations": [_citation(citation) for citation in answer.citations],
        "degraded": [storable(part) for part in answer.degraded],
        "writer": storable(answer.writer),
        "model": storable(entry.model),
        "generation": storable(entry.generation),
        "retrieval_score": entry.retrieval_score,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "timings_ms": {storable(stage): _finite(value) for stage, value in entry.timings_ms.items()},
        "latency_ms": entry.latency_ms,
        "created_at": zoned(entry.asked_at),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        name: storable(value) if isinstance(value, str) else value for name, value in asdict(citation).items()
    } | {
        "chunk_id": str(citation.chunk_id),
        "document_id": str(citation.document_id),
    }


def _feedback_row(feedback: Feedback) -> dict[str, Any]:
    return {
        "id": feedback.id,
        "query_log_id": feedback.query_log_id,
        "rating": feedback.rating,
        "comment": storable(feedback.comment),
        "verdicts": [
            {"chunk_id": str(chunk_id), "verdict": verdict} for chunk_id, verdict in feedback.verdicts
        ],
        "rated_at": zoned(feedback.rated_at),
    }


def _finite(value: float) -> float | None:
    """JSON has no word for infinity."""
    return value if math.isfinite(value) else None
