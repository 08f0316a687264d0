"""What does `--json` print of ratings and replays?"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from rag.interfaces.cli.shapes import Shape, answer_shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.ports.journal import Feedback, QueryRecord, RatingSummary
    from rag.services.replay_question import Replay, Rerun
    from rag.services.review_feedback import RatingOverview, ReviewedQuery


def record_shape(record: "QueryRecord") -> Shape:
    """This will give an entry of the query log: the answer envelope, and how it came to be."""
    narrowed = record.question.filter
    return {
        "question": record.question.text,
        "read_as": record.read_as,
        "asked_at": record.asked_at.isoformat(),
        "top_k": record.question.top_k,
        "rerank": record.question.rerank.value,
        "filter": {
            "sources": sorted(narrowed.sources),
            "document_ids": sorted(str(document_id) for document_id in narrowed.document_ids),
            "dated_from": narrowed.dated_from.isoformat() if narrowed.dated_from else None,
            "dated_before": narrowed.dated_before.isoformat() if narrowed.dated_before else None,
            "metadata": dict(narrowed.metadata),
        },
        "embedding_model": record.model,
        "ranking": asdict(record.ranking) if record.ranking else None,
        "reranked": record.reranked,
        "retrieval_score": record.retrieval_score,
        **answer_shape(record),
    }


def feedback_shape(feedback: "Feedback") -> Shape:
    """This will give one rating."""
    return {
        "id": str(feedback.id),
        "rating": feedback.rating,
        "comment": feedback.comment,
        "verdicts": [
            {"chunk_id": str(chunk_id), "verdict": verdict.value} for chunk_id, verdict in feedback.verdicts
        ],
        "rated_at": feedback.rated_at.isoformat(),
    }


def reviewed_shape(reviewed: "ReviewedQuery") -> Shape:
    """This will give a badly rated answer with its ratings, and what would be answered now."""
    return {
        **record_shape(reviewed.record),
        "ratings": [feedback_shape(feedback) for feedback in reviewed.ratings],
        "now": record_shape(reviewed.now) if reviewed.now else None,
    }


def overview_shape(overview: "RatingOverview") -> Shape:
    """This will give the ratings in figures."""
    return {
        "ratings": overview.ratings,
        "mean": overview.mean,
        "share_below_3_5": overview.share_below,
        "by_source": [_summary_shape(summary) for summary in overview.by_source],
        "by_generation": [_summary_shape(summary) for summary in overview.by_generation],
    }


def _summary_shape(summary: "RatingSummary") -> Shape:
    return {
        "name": summary.name,
        "ratings": summary.ratings,
        "mean": summary.mean,
        "share_below_3_5": summary.share_below,
    }


def replay_shape(replay: "Replay") -> Shape:
    """This will give a past answer beside those of the same index and of today's."""
    return {
        "then": record_shape(replay.then),
        "ratings": [feedback_shape(feedback) for feedback in replay.ratings],
        "as_then": _rerun_shape(replay.as_then) if replay.as_then else None,
        "why_not": replay.why_not,
        "now": _rerun_shape(replay.now),
    }


def _rerun_shape(rerun: "Rerun") -> Shape:
    return {
        **record_shape(rerun.record),
        "same_text": rerun.difference.same_text,
        "changes": [
            {
                "change": one.change.value,
                "source": one.citation.source,
                "text": one.citation.text,
                "n_then": one.before,
                "n_now": one.after,
            }
            for one in rerun.difference.citations
        ],
    }
