"""What does a rating look like?"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt, model_validator

from rag.interfaces.http.schemas.passages import EXAMPLE_CHUNK_ID
from rag.interfaces.http.schemas.requests import RequestBody, StorableText
from rag.ports.journal import ChunkVerdict, Feedback
from rag.services.collect_feedback import MAX_COMMENT_CHARACTERS

THUMBS: Final = {"up": 5, "down": 1}
MAX_VERDICTS: Final = 100


class VerdictBody(RequestBody):
    """What a reader says of one cited passage."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"chunk_id": str(EXAMPLE_CHUNK_ID), "verdict": "irrelevant"}]}
    )

    chunk_id: Annotated[UUID, Field(description="The chunk, as the citation names it.")]
    verdict: Annotated[ChunkVerdict, Field(description="How it served the answer.")]


class FeedbackRequest(RequestBody):
    """A rating of one answer: a number from 1 to 5, or a thumb."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query_log_id": "b8a0d9f4-2f0b-4b0a-9f6c-7c1f3a5e2d90",
                    "rating": 2,
                    "comment": "The second sentence is about something else.",
                    "verdicts": [{"chunk_id": str(EXAMPLE_CHUNK_ID), "verdict": "irrelevant"}],
                },
                {"query_log_id": "b8a0d9f4-2f0b-4b0a-9f6c-7c1f3a5e2d90", "thumbs": "up"},
            ]
        }
    )

    query_log_id: Annotated[UUID, Field(description="The `query_log_id` that the answer carried.")]
    rating: Annotated[
        StrictInt | None,
        Field(
            description="1 (useless) to 5 (exactly what was asked for).",
            json_schema_extra={"minimum": 1, "maximum": 5},
        ),
    ] = None
    thumbs: Annotated[
        Literal["up", "down"] | None, Field(description="Instead of a rating: up is 5, down is 1.")
    ] = None
    comment: Annotated[
        StorableText | None,
        Field(description=f"Words to go with it, {MAX_COMMENT_CHARACTERS} characters at most."),
    ] = None
    verdicts: Annotated[
        tuple[VerdictBody, ...],
        Field(max_length=MAX_VERDICTS, description="Judgements of single passages, each named once."),
    ] = ()

    @model_validator(mode="after")
    def _is_one_judgement(self) -> Self:
        if (self.rating is None) == (self.thumbs is None):
            raise ValueError("Give either rating or thumbs.")
        if len({verdict.chunk_id for verdict in self.verdicts}) < len(self.verdicts):
            raise ValueError("Give one verdict for each chunk.")
        return self

    @property
    def stars(self) -> int:
        """The rating that was given, in numbers."""
        return self.rating if self.rating is not None else THUMBS[self.thumbs or "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackBody:
    """A rating as it is stored."""

    id: Annotated[UUID, Field(description="The rating's own id.")]
    query_log_id: Annotated[UUID, Field(description="The answer that was rated.")]
    rating: Annotated[int, Field(description="1 to 5.")]
    rated_at: Annotated[datetime, Field(description="When it was stored, RFC 3339.")]

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackBody":
        """This will show a stored rating."""
        return cls(
            id=feedback.id,
            query_log_id=feedback.query_log_id,
            rating=feedback.rating,
            rated_at=feedback.rated_at,
        )


FEEDBACK_EXAMPLE: Final = FeedbackBody(
    id=UUID("2b1c1a0e-6f5b-4a5d-8c1e-0d6b3e9f7a21"),
    query_log_id=UUID("b8a0d9f4-2f0b-4b0a-9f6c-7c1f3a5e2d90"),
    rating=2,
    rated_at=datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
)
