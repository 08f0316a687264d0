"""What a look at bad ratings shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rag.adapters.in_memory.journal import InMemoryJournal
from rag.domain.question import Question
from rag.ports.journal import QueryRecord
from rag.services.review_feedback import ReviewedQuery, ReviewFeedback
from tests.support.entries import entry, rating
from tests.support.workbench import Workbench, file

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def bench() -> Workbench:
    """A library that knows when backups run."""
    made = Workbench()
    await made.take_in(file("backup.md", "A backup runs every night at two."))
    return made


async def rated(bench: Workbench, stars: int, *, record: QueryRecord | None = None) -> QueryRecord:
    """Record an answer with a rating."""
    record = record or replace(entry(), question=Question("when does a backup run"), read_as=None)
    await bench.journal.record_query(record)
    await bench.journal.record_feedback(replace(rating(record.id, stars), rated_at=NOW))
    return record


async def review(bench: Workbench, *, age: timedelta | None = None, now: bool = False) -> list[ReviewedQuery]:
    """Look at ratings below 3."""
    look = ReviewFeedback(journal=bench.journal, clock=bench.clock)
    ask = replace(bench.ask(), journal=InMemoryJournal()) if now else None
    return [one async for one in look(below=3, limit=9, age=age, ask=ask)]


async def test_an_answer_stands_once_with_all_its_low_ratings(bench: Workbench) -> None:
    """The worst answer comes first; good ratings do not stand with it."""
    less_bad = await rated(bench, 2)
    worst = await rated(bench, 1)
    await rated(bench, 2, record=worst)
    await rated(bench, 5, record=worst)
    found = await review(bench)
    assert [(one.record, [each.rating for each in one.ratings], one.now) for one in found] == [
        (worst, [1, 2], None),
        (less_bad, [2], None),
    ]


async def test_what_is_answered_now_leaves_the_query_log_alone(bench: Workbench) -> None:
    """The question is asked again as it was read, and only the past entries are in the log."""
    record = replace(entry(), question=Question("and when", session="s"), read_as="when does a backup run")
    await rated(bench, 1, record=record)
    (found,) = await review(bench, now=True)
    assert found.now is not None
    assert found.now.question == Question("when does a backup run")
    assert "every night at two" in found.now.answer.text
    assert list(bench.journal.queries.values()) == [record]


async def test_old_ratings_are_left_out(bench: Workbench) -> None:
    """Age is counted back from now."""
    await rated(bench, 1)
    look = ReviewFeedback(journal=bench.journal, clock=bench.clock)
    assert len(await review(bench, age=timedelta(minutes=1))) == 1
    assert await review(bench, age=timedelta(milliseconds=1)) == []
    assert (await look.overview(age=timedelta(milliseconds=1))).ratings == 0


async def test_ratings_are_summed_up(bench: Workbench) -> None:
    """Over all answers, each counted once however many sources it has."""
    look = ReviewFeedback(journal=bench.journal, clock=bench.clock)
    nothing = await look.overview()
    assert (nothing.ratings, nothing.mean, nothing.share_below) == (0, None, None)
    for stars, generation in ((5, "rag-1"), (4, "rag-1"), (3, "rag-2"), (1, "rag-2")):
        await rated(bench, stars, record=replace(entry(), generation=generation))
    overview = await look.overview()
    assert (overview.ratings, overview.mean, overview.share_below) == (4, 3.25, 0.5)
    assert [one.name for one in overview.by_generation] == ["rag-2", "rag-1"]
    assert {one.ratings for one in overview.by_source} == {4}
