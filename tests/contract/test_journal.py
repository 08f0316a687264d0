"""Does every journal keep the promises of `rag.ports.journal`?"""

import asyncio
import math
from dataclasses import replace

import pytest

from rag.domain.answer import not_enough_evidence
from rag.domain.errors import InvalidInputError
from rag.ports.journal import Journal, UnknownQueryLogError
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
    await journal.record_query(replace(asked, question="Something else?"))
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
    asked = replace(entry(UNSTORABLE, text=UNSTORABLE), session=UNSTORABLE, sources=(UNSTORABLE,))
    await journal.record_query(replace(asked, timings_ms={UNSTORABLE: 1.0}, request_id=UNSTORABLE))
    await journal.record_feedback(rating(asked.id, comment=UNSTORABLE))
    (kept,), (given,) = await written.queries(), await written.ratings()
    texts = {kept.question, kept.session, kept.request_id, kept.answer.text, given.comment}
    texts |= {*kept.sources, *kept.timings_ms, kept.answer.citations[0].text}
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
        sources=(),
        session=None,
        generation=None,
        retrieval_score=None,
        timings_ms={},
    )
    await journal.record_query(nothing)
    await journal.record_feedback(rating(nothing.id))
    assert await written.queries() == [nothing]
