"""Does every journal keep the promises of `rag.ports.journal`?"""

import asyncio
import math
from dataclasses import replace

import pytest

from rag.domain.answer import not_enough_evidence
from rag.domain.errors import InvalidInputError
from rag.ports.journal import Journal, UnknownQueryLogError
from tests.support.entries import entry, rating

UNSTORABLE = "NUL \x00, half a pair \ud800, and the rest"


async def test_a_recorded_question_can_be_rated(journal: Journal) -> None:
    """Once an entry is acknowledged, a rating of it is accepted, more than one too."""
    asked = entry()
    await journal.record_query(asked)
    await journal.record_feedback(rating(asked.id, 5, comment=None))
    await journal.record_feedback(rating(asked.id, 1))


async def test_recording_twice_changes_nothing(journal: Journal) -> None:
    """An entry or a rating that is sent again, even changed, is accepted and left as it was."""
    asked = entry()
    await asyncio.gather(*(journal.record_query(asked) for _ in range(5)))
    await journal.record_query(replace(asked, question="Something else?"))
    given = rating(asked.id)
    await asyncio.gather(*(journal.record_feedback(given) for _ in range(5)))
    await journal.record_feedback(replace(given, rating=4))


async def test_an_unknown_entry_cannot_be_rated(journal: Journal) -> None:
    """A rating of an entry that does not exist is refused by name."""
    asked = entry()
    with pytest.raises(UnknownQueryLogError, match=str(asked.id)):
        await journal.record_feedback(rating(asked.id))


@pytest.mark.parametrize("stars", [0, 6, -1, 100_000])
async def test_a_rating_is_one_to_five(journal: Journal, stars: int) -> None:
    """A rating off the scale is refused."""
    asked = entry()
    await journal.record_query(asked)
    with pytest.raises(InvalidInputError):
        await journal.record_feedback(rating(asked.id, stars))


async def test_text_that_cannot_be_stored_is_survived(journal: Journal) -> None:
    """NUL characters and halves of surrogate pairs never cost an entry or a rating."""
    asked = replace(entry(UNSTORABLE, text=UNSTORABLE), session=UNSTORABLE, sources=(UNSTORABLE,))
    await journal.record_query(replace(asked, timings_ms={UNSTORABLE: 1.0}, request_id=UNSTORABLE))
    await journal.record_feedback(rating(asked.id, comment=UNSTORABLE))


async def test_numbers_that_are_none_are_survived(journal: Journal) -> None:
    """A figure that is infinite or not a number never costs an entry."""
    await journal.record_query(
        replace(entry(), timings_ms={"search": math.nan}, latency_ms=math.inf, retrieval_score=math.nan)
    )


async def test_an_abstention_is_recorded(journal: Journal) -> None:
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
