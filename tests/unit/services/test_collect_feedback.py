"""Keeping ratings."""

from uuid import uuid4

import pytest

from rag.domain.question import Question
from rag.ports.journal import UnknownQueryLogError
from rag.services.collect_feedback import CollectFeedback, CommentTooLongError, InvalidRatingError
from tests.support.workbench import Workbench, file


async def test_a_rating_is_kept_with_its_comment() -> None:
    """What is returned is what the journal holds."""
    bench = Workbench()
    await bench.take_in(file("a.md", "A backup runs every night."))
    record = await bench.ask()(Question.of("when does a backup run"), request_id="r")
    collect = CollectFeedback(journal=bench.journal, clock=bench.clock)
    feedback = await collect(record.id, rating=4, comment="good")
    assert bench.journal.ratings[feedback.id] == feedback


@pytest.mark.parametrize("rating", [0, 6, -3])
async def test_a_rating_out_of_range_is_refused(rating: int) -> None:
    """One to five."""
    bench = Workbench()
    with pytest.raises(InvalidRatingError):
        await CollectFeedback(journal=bench.journal, clock=bench.clock)(uuid4(), rating=rating)


async def test_a_comment_that_is_too_long_is_refused() -> None:
    """The refusal gives the length."""
    bench = Workbench()
    with pytest.raises(CommentTooLongError, match="4001"):
        await CollectFeedback(journal=bench.journal, clock=bench.clock)(uuid4(), rating=3, comment="a" * 4001)


async def test_an_answer_that_was_never_given_cannot_be_rated() -> None:
    """The id must be one of the query log's."""
    bench = Workbench()
    with pytest.raises(UnknownQueryLogError):
        await CollectFeedback(journal=bench.journal, clock=bench.clock)(uuid4(), rating=3)
