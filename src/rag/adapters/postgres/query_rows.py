"""How do entries of the query log and ratings become rows, and rows those again?"""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from rag.adapters.postgres.rows import zoned
from rag.adapters.postgres.stored_text import storable
from rag.domain.answer import Answer, Citation, Span, Usage
from rag.domain.question import DEFAULT_TOP_K, Filter, Question, RerankMode
from rag.domain.recipe import FusionMethod, RankingRecipe
from rag.ports.journal import ChunkVerdict, Feedback, QueryRecord


def query_row(entry: QueryRecord) -> dict[str, Any]:
    """This will give the columns of an entry of the query log."""
    answer = entry.answer
    return {
        "id": entry.id,
        "request_id": storable(entry.request_id),
        "session": storable(entry.question.session),
        "query_text": storable(entry.question.text),
        "asked": _asked_row(entry.question),
        "read_as": storable(entry.read_as),
        "answer": storable(answer.text),
        "abstained": answer.abstained,
        "sources": [storable(source) for source in entry.sources],
        "citations": [_citation_row(citation) for citation in answer.citations],
        "degraded": [storable(part) for part in answer.degraded],
        "writer": storable(answer.writer),
        "model": storable(entry.model),
        "generation": storable(entry.generation),
        "ranking": _ranking_row(entry.ranking),
        "reranked": entry.reranked,
        "retrieval_score": entry.retrieval_score,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "confidence": answer.confidence,
        "timings_ms": {storable(stage): _finite(value) for stage, value in entry.timings_ms.items()},
        "latency_ms": entry.latency_ms,
        "created_at": zoned(entry.asked_at),
    }


def query_of(row: RowMapping) -> QueryRecord:
    """This will give the entry of a row, one that an older release wrote included."""
    return QueryRecord(
        id=row["id"],
        request_id=row["request_id"],
        asked_at=row["created_at"],
        question=_question_of(row),
        read_as=row["read_as"],
        answer=_answer_of(row),
        sources=tuple(row["sources"]),
        generation=row["generation"],
        model=row["model"],
        ranking=_ranking_of(row["ranking"]),
        reranked=row["reranked"],
        retrieval_score=row["retrieval_score"],
        timings_ms={
            stage: math.nan if value is None else value for stage, value in row["timings_ms"].items()
        },
        latency_ms=row["latency_ms"],
    )


def feedback_row(feedback: Feedback) -> dict[str, Any]:
    """This will give the columns of a rating."""
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


def feedback_of(row: RowMapping, *, prefix: str = "") -> Feedback:
    """This will give the rating of a row whose columns' names begin with `prefix`."""
    verdicts = row[f"{prefix}verdicts"]
    return Feedback(
        id=row[f"{prefix}id"],
        query_log_id=row[f"{prefix}query_log_id"],
        rating=row[f"{prefix}rating"],
        comment=row[f"{prefix}comment"],
        verdicts=tuple((UUID(each["chunk_id"]), ChunkVerdict(each["verdict"])) for each in verdicts),
        rated_at=row[f"{prefix}rated_at"],
    )


def _asked_row(question: Question) -> dict[str, Any]:
    """Everything of a question but its text and its session, which have columns of their own."""
    narrowed = question.filter
    return {
        "top_k": question.top_k,
        "rerank": question.rerank,
        "filter": {
            "sources": sorted(storable(source) for source in narrowed.sources),
            "document_ids": sorted(str(document_id) for document_id in narrowed.document_ids),
            "dated_from": _moment_row(narrowed.dated_from),
            "dated_before": _moment_row(narrowed.dated_before),
            "metadata": [[storable(name), storable(value)] for name, value in narrowed.metadata],
        },
    }


def _question_of(row: RowMapping) -> Question:
    asked = row["asked"]
    return Question(
        text=row["query_text"],
        top_k=asked.get("top_k", DEFAULT_TOP_K),
        filter=_filter_of(asked.get("filter", {})),
        session=row["session"],
        rerank=RerankMode(asked.get("rerank", RerankMode.AUTO)),
    )


def _filter_of(stored: Mapping[str, Any]) -> Filter:
    return Filter(
        sources=frozenset(stored.get("sources", ())),
        document_ids=frozenset(UUID(each) for each in stored.get("document_ids", ())),
        dated_from=_moment_of(stored.get("dated_from")),
        dated_before=_moment_of(stored.get("dated_before")),
        metadata=tuple((name, value) for name, value in stored.get("metadata", ())),
    )


def _moment_row(moment: datetime | None) -> str | None:
    return None if moment is None else zoned(moment).isoformat()


def _moment_of(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)


def _ranking_row(ranking: RankingRecipe | None) -> dict[str, Any] | None:
    return None if ranking is None else asdict(ranking) | {"reranker": storable(ranking.reranker)}


def _ranking_of(stored: Mapping[str, Any] | None) -> RankingRecipe | None:
    if stored is None:  # an older release, which did not write it down
        return None
    # What an older release did not write had no say in how it ranked; what a newer one adds is passed over.
    known = {each.name: stored[each.name] for each in fields(RankingRecipe) if each.name in stored}
    return RankingRecipe(**known | {"fusion": FusionMethod(stored["fusion"])})


def _answer_of(row: RowMapping) -> Answer:
    return Answer(
        text=row["answer"],
        citations=tuple(_citation_of(citation) for citation in row["citations"]),
        abstained=row["abstained"],
        writer=row["writer"],
        degraded=tuple(row["degraded"]),
        usage=Usage(row["prompt_tokens"], row["completion_tokens"]),
        confidence=row["confidence"],
    )


def _citation_row(citation: Citation) -> dict[str, Any]:
    return {
        name: storable(value) if isinstance(value, str) else value for name, value in asdict(citation).items()
    } | {
        "chunk_id": str(citation.chunk_id),
        "document_id": str(citation.document_id),
    }


def _citation_of(stored: Mapping[str, Any]) -> Citation:
    ids = {name: UUID(stored[name]) for name in ("chunk_id", "document_id")}
    return Citation(**{**stored, **ids, "span": Span(**stored["span"])})


def _finite(value: float) -> float | None:
    """JSON has no word for infinity."""
    return value if math.isfinite(value) else None
