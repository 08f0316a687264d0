"""Does every journal keep the promises of `rag.ports.journal`?"""

import asyncio
import math
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from rag.domain.answer import not_enough_evidence
from rag.domain.errors import InvalidInputError
from rag.domain.question import Filter, Question
from rag.domain.recipe import RankingRecipe
from rag.ports.journal import Journal, QueryRecord, RatedBy, RatedQuery, RatingSummary, UnknownQueryLogError
from tests.support.books import MONDAY, TUESDAY
from tests.support.entries import Written, entry, rating

UNSTORABLE = "NUL \x00, half a pair \ud800, and the rest"
STORED = "NUL \ufffd, half a pair \ufffd, and the rest"


async def test_a_recorded_question_can_be_rated(journal: Journal, written: Written) -> None:
    """An entry is there in full once it is acknowledged, and so is each of its ratings."""
    asked = entry()
    await journal.record_query(asked)
    assert await written.queries() == [asked]
    ratings = [rating(asked.id, 5, comment=None), rating(asked.id, 1)]
    for each in ratings:
        await journal.record_feedback(each)
    assert await written.ratings() == sorted(ratings, key=lambda given: given.id)
    assert await written.queries() == [asked]


async def test_recording_twice_changes_nothing(journal: Journal, written: Written) -> None:
    """An entry or a rating that is sent again, even changed, is accepted and left as it was."""
    asked = entry()
    await asyncio.gather(*(journal.record_query(asked) for _ in range(5)))
    await journal.record_query(replace(asked, question=Question("Something else?")))
    given = rating(asked.id)
    await asyncio.gather(*(journal.record_feedback(given) for _ in range(5)))
    await journal.record_feedback(replace(given, rating=4))
    assert await written.queries() == [asked]
    assert await written.ratings() == [given]


async def test_an_unknown_entry_cannot_be_rated(journal: Journal, written: Written) -> None:
    """A rating of an entry that does not exist is refused by name."""
    asked = entry()
    with pytest.raises(UnknownQueryLogError, match=str(asked.id)):
        await journal.record_feedback(rating(asked.id))
    assert await written.ratings() == []


@pytest.mark.parametrize("stars", [0, 6, -1, 100_000])
async def test_a_rating_is_one_to_five(journal: Journal, written: Written, stars: int) -> None:
    """A rating off the scale is refused."""
    asked = entry()
    await journal.record_query(asked)
    with pytest.raises(InvalidInputError):
        await journal.record_feedback(rating(asked.id, stars))
    assert await written.ratings() == []


async def test_text_that_cannot_be_stored_is_survived(journal: Journal, written: Written) -> None:
    """NUL characters and halves of surrogate pairs never cost an entry or a rating."""
    narrowed = Filter(sources=frozenset({UNSTORABLE}), metadata=((UNSTORABLE, UNSTORABLE),))
    asked = replace(
        entry(text=UNSTORABLE),
        question=Question(UNSTORABLE, filter=narrowed, session=UNSTORABLE),
        read_as=UNSTORABLE,
        ranking=RankingRecipe(reranker=UNSTORABLE),
        sources=(UNSTORABLE,),
    )
    await journal.record_query(replace(asked, timings_ms={UNSTORABLE: 1.0}, request_id=UNSTORABLE))
    await journal.record_feedback(rating(asked.id, comment=UNSTORABLE))
    (kept,), (given,) = await written.queries(), await written.ratings()
    texts = {kept.question.text, kept.question.session, kept.request_id, kept.answer.text, given.comment}
    texts |= {*kept.sources, *kept.timings_ms, kept.answer.citations[0].text, kept.read_as}
    assert kept.ranking is not None
    texts |= {*kept.question.filter.sources, *kept.question.filter.metadata[0], kept.ranking.reranker}
    assert len(texts) == 1
    assert texts <= {UNSTORABLE, STORED}


async def test_numbers_that_are_none_are_survived(journal: Journal, written: Written) -> None:
    """A figure that is infinite or not a number never costs an entry."""
    asked = replace(entry(), timings_ms={"search": math.nan, "write": 1.5}, latency_ms=math.inf)
    await journal.record_query(replace(asked, retrieval_score=math.nan))
    (kept,) = await written.queries()
    assert math.isnan(kept.timings_ms["search"])
    assert (kept.timings_ms["write"], kept.latency_ms) == (1.5, math.inf)
    assert kept.retrieval_score is not None
    assert math.isnan(kept.retrieval_score)
    assert kept.answer == asked.answer


async def test_an_abstention_is_recorded(journal: Journal, written: Written) -> None:
    """An entry without evidence, session, generation or score is as good as any other."""
    nothing = replace(
        entry(),
        answer=not_enough_evidence(writer="extractive"),
        question=Question("What is the meaning of life?"),
        read_as=None,
        sources=(),
        generation=None,
        retrieval_score=None,
        timings_ms={},
    )
    await journal.record_query(nothing)
    await journal.record_feedback(rating(nothing.id))
    assert await written.queries() == [nothing]


async def test_an_entry_and_its_ratings_are_read_again(journal: Journal) -> None:
    """An entry comes back in full, and its ratings in the order in which they were given."""
    asked, other = entry(), entry("Something else?")
    later = replace(rating(asked.id), rated_at=TUESDAY + timedelta(minutes=1))
    earlier = rating(asked.id, 5)
    for each in (asked, other):
        await journal.record_query(each)
    for given in (later, rating(other.id), earlier):
        await journal.record_feedback(given)
    assert await journal.query(asked.id) == asked
    assert await journal.ratings_of(asked.id) == [earlier, later]


async def test_a_ranking_that_nobody_wrote_down_stays_unknown(journal: Journal, written: Written) -> None:
    """No recipe is made up for an entry without one."""
    asked = replace(entry(), ranking=None)
    await journal.record_query(asked)
    assert await written.queries() == [asked]


async def test_an_unknown_entry_is_named(journal: Journal) -> None:
    """Asking for an entry that does not exist fails by its name, and it has no ratings."""
    nobody = uuid4()
    with pytest.raises(UnknownQueryLogError, match=str(nobody)):
        await journal.query(nobody)
    assert await journal.ratings_of(nobody) == []


async def test_low_ratings_come_lowest_first_then_newest(journal: Journal) -> None:
    """Each low rating stands with its entry; good ones, old ones and those over the limit are left out."""
    asked, other = entry(), entry("Something else?")
    newer = replace(rating(other.id, 1), rated_at=TUESDAY + timedelta(minutes=1))
    older, middling, good = rating(asked.id, 1), rating(asked.id, 3), rating(asked.id, 4)
    for each in (asked, other):
        await journal.record_query(each)
    for given in (good, older, middling, newer):
        await journal.record_feedback(given)
    expected = [RatedQuery(other, newer), RatedQuery(asked, older), RatedQuery(asked, middling)]
    assert await journal.low_rated(below=3.5, limit=9) == expected
    assert await journal.low_rated(below=3, limit=9) == expected[:2]
    assert await journal.low_rated(below=3.5, limit=1) == expected[:1]
    assert await journal.low_rated(below=3.5, limit=9, since=newer.rated_at) == expected[:1]


async def test_ratings_are_summed_up_by_source_and_by_generation(journal: Journal) -> None:
    """An answer of two sources counts for both, one without any for none; the lowest mean comes first."""
    good = replace(entry(), sources=("a.md", "b.md"), generation="rag-0002-new")
    bad = replace(entry(), sources=("b.md",), generation="rag-0001-old")
    declined = replace(entry(), sources=(), generation=None)
    for each in (good, bad, declined):
        await journal.record_query(each)
    for given in (rating(good.id, 5), rating(good.id, 3), rating(bad.id, 1), rating(declined.id, 2)):
        await journal.record_feedback(given)
    assert await journal.rating_summary(by=RatedBy.SOURCE) == [
        RatingSummary(None, ratings=1, mean=2.0, share_below=1.0),
        RatingSummary("b.md", ratings=3, mean=3.0, share_below=2 / 3),
        RatingSummary("a.md", ratings=2, mean=4.0, share_below=0.5),
    ]
    assert await journal.rating_summary(by=RatedBy.GENERATION) == [
        RatingSummary("rag-0001-old", ratings=1, mean=1.0, share_below=1.0),
        RatingSummary(None, ratings=1, mean=2.0, share_below=1.0),
        RatingSummary("rag-0002-new", ratings=2, mean=4.0, share_below=0.5),
    ]
    assert await journal.rating_summary(by=RatedBy.SOURCE, since=TUESDAY + timedelta(days=1)) == []


@pytest.mark.parametrize("session", ["a session", "x" * 5000, UNSTORABLE])
async def test_a_session_remembers_its_latest_questions(journal: Journal, session: str) -> None:
    """The latest questions of the hour come oldest first; other sessions and later questions do not."""
    for minutes, text in ((-61, "too old"), (-60, "one"), (-20, "two"), (-1, "three"), (0, "this one")):
        await journal.record_query(_asked(text, session=session, minutes=minutes))
    await journal.record_query(_asked("somebody else's", session=f"{session}!", minutes=-2))
    await journal.record_query(_asked("nobody's", session=None, minutes=-2))
    assert await journal.earlier_questions(session, before=MONDAY, limit=9) == ["one", "two", "three"]
    assert await journal.earlier_questions(session, before=MONDAY, limit=2) == ["two", "three"]
    assert await journal.earlier_questions("another", before=MONDAY, limit=9) == []


def _asked(text: str, *, session: str | None, minutes: int) -> QueryRecord:
    asked_at = MONDAY + timedelta(minutes=minutes)
    return replace(entry(), question=Question(text, session=session), asked_at=asked_at)
