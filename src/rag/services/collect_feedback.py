"""Keep what people think of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from rag.domain.documents import ChunkId
from rag.domain.errors import InvalidInputError
from rag.ports.clock import Clock
from rag.ports.journal import ChunkVerdict, Feedback, Journal

MAX_COMMENT_CHARACTERS = 4000


class InvalidRatingError(InvalidInputError):
    """The rating is not one that we keep."""

    code = "rating_out_of_range"
    advice = "Rate from 1 (useless) to 5 (exactly what was asked for)."


class CommentTooLongError(InvalidInputError):
    """The comment is longer than we keep."""

    code = "comment_too_long"
    advice = f"Keep the comment within {MAX_COMMENT_CHARACTERS} characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectFeedback:
    """Check a rating, then commit it."""

    journal: Journal
    clock: Clock

    async def __call__(
        self,
        query_log_id: UUID,
        *,
        rating: int,
        comment: str | None = None,
        verdicts: Sequence[tuple[ChunkId, ChunkVerdict]] = (),
    ) -> Feedback:
        """This will return when the rating is committed.

        Raises:
            InvalidRatingError: not 1 to 5.
            CommentTooLongError: more than 4,000 characters.
            UnknownQueryLogError: no such answer.
        """
        if not 1 <= rating <= 5:  # noqa: PLR2004 - the scale that the API promises
            raise InvalidRatingError(f"A rating of {rating} is not possible.")
        if comment is not None and len(comment) > MAX_COMMENT_CHARACTERS:
            raise CommentTooLongError(f"The comment has {len(comment)} characters.")
        feedback = Feedback(
            id=uuid4(),
            query_log_id=query_log_id,
            rating=rating,
            comment=comment,
            verdicts=tuple(verdicts),
            rated_at=self.clock.now(),
        )
        await self.journal.record_feedback(feedback)
        return feedback
