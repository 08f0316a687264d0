"""What does `--json` print?"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.domain.answer import Citation
    from rag.domain.documents import Chunk
    from rag.domain.ranking import Passage
    from rag.ports.jobs import FileResult, Job
    from rag.ports.journal import QueryRecord
    from rag.ports.library import DocumentSummary
    from rag.services.ingest import FileOutcome

Shape: TypeAlias = Mapping[str, object]


def answer_shape(record: "QueryRecord") -> Shape:
    """This will give the answer envelope, as POST /query gives it."""
    answer = record.answer
    return {
        "request_id": record.request_id,
        "query_log_id": str(record.id),
        "answer": answer.text,
        "abstained": answer.abstained,
        "citations": [_citation_shape(citation) for citation in answer.citations],
        "degraded": list(answer.degraded),
        "cache": "miss",
        "model": answer.writer,
        "generation": record.generation,
        "usage": {
            "prompt_tokens": answer.usage.prompt_tokens,
            "completion_tokens": answer.usage.completion_tokens,
        },
        "cost_usd": 0.0,
        "timings_ms": {stage: round(spent, 3) for stage, spent in record.timings_ms.items()},
        "latency_ms": round(record.latency_ms, 3),
        "confidence": None if answer.confidence is None else round(answer.confidence, 3),
        "read_as": record.read_as,
    }


def _citation_shape(citation: "Citation") -> Shape:
    return {
        "n": citation.number,
        "chunk_id": str(citation.chunk_id),
        "document_id": str(citation.document_id),
        "source": citation.source,
        "title": citation.title,
        "page": citation.page,
        "section": citation.section,
        "text": citation.text,
        "span": {"start": citation.span.start, "end": citation.span.end},
    }


def passage_shape(passage: "Passage", rank: int) -> Shape:
    """This will give one passage with its ranks, as POST /search gives it."""
    chunk = passage.chunk
    return {
        "rank": rank,
        "score": passage.candidate.score,
        "ranks": dict(passage.candidate.ranks),
        "scores": dict(passage.candidate.scores),
        "source": passage.source,
        "title": passage.title,
        "chunk_id": str(chunk.id),
        "document_id": str(chunk.document_id),
        "page": chunk.page,
        "section": chunk.section,
        "text": chunk.text,
        "span": {"start": chunk.start, "end": chunk.end},
    }


def chunk_shape(chunk: "Chunk") -> Shape:
    """This will give one chunk, as GET /documents/{id}/chunks gives it."""
    return {
        "id": str(chunk.id),
        "ordinal": chunk.ordinal,
        "page": chunk.page,
        "section": chunk.section,
        "token_count": chunk.token_count,
        "span": {"start": chunk.start, "end": chunk.end},
        "text": chunk.text,
    }


def summary_shape(summary: "DocumentSummary") -> Shape:
    """This will give one document without its text, as GET /documents gives it."""
    return {
        "id": str(summary.id),
        "source": summary.source,
        "file_path": summary.file_path,
        "title": summary.title,
        "media_type": summary.media_type,
        "language": summary.language,
        "content_hash": summary.content_hash,
        "size_bytes": summary.size_bytes,
        "characters": summary.characters,
        "pages": summary.pages,
        "chunks": summary.chunks,
        "dated": summary.dated.isoformat() if summary.dated else None,
        "metadata": dict(summary.metadata),
        "notes": list(summary.notes),
        "created_at": summary.created_at.isoformat(),
        "updated_at": summary.updated_at.isoformat(),
    }


def outcome_shape(outcome: "FileOutcome") -> Shape:
    """This will give what became of one file."""
    error = outcome.error
    return {
        "source": outcome.file.source,
        "file_path": outcome.file.file_path,
        "outcome": outcome.outcome.value,
        "document_id": None if error else str(outcome.document_id),
        "characters": outcome.characters,
        "chunks": outcome.chunks,
        "seconds": round(outcome.seconds, 3),
        "notes": list(outcome.notes),
        "error": {"code": error.code, "message": str(error), "advice": error.advice} if error else None,
    }


def job_shape(job: "Job", *, with_files: bool = True) -> Shape:
    """This will give a job, as GET /jobs/{id} gives it, or without its files, as GET /jobs does."""
    progress = job.progress
    files = {"files": [_result_shape(result) for result in job.results]} if with_files else {}
    return {
        "id": str(job.id),
        "state": job.state.value,
        "done": job.done,
        "failed": progress.failed,
        "total": job.total,
        "bytes_done": progress.bytes_done,
        "bytes_total": progress.bytes_total,
        "files_per_second": _rounded(progress.files_per_second),
        "bytes_per_second": _rounded(progress.bytes_per_second),
        "seconds_left": _rounded(job.seconds_left),
        "worker": job.worker,
        "heard_at": _when(job.heard_at),
        "created_at": _when(job.created_at),
        "started_at": _when(job.started_at),
        "finished_at": _when(job.finished_at),
        **files,
    }


def _result_shape(result: "FileResult") -> Shape:
    return {
        "name": result.name,
        "outcome": result.outcome,
        "document_id": str(result.document_id) if result.document_id else None,
        "chunks": result.chunks,
        "seconds": round(result.seconds, 3),
        "error": result.error,
        "error_code": result.error_code,
        "notes": list(result.notes),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
