"""What a journal in memory keeps when it may not grow."""

from uuid import UUID

from rag.adapters.in_memory.journal import InMemoryJournal
from rag.bootstrap.application import UNLOGGED_ENTRIES
from rag.ports.journal import RatedBy
from tests.support.entries import entry, rating


async def test_the_latest_entries_alone_are_kept() -> None:
    """The oldest one goes with its ratings, and the others keep theirs."""
    journal = InMemoryJournal(most=2)
    asked = [entry(), entry(), entry()]
    for each in asked:
        await journal.record_query(each)
        await journal.record_query(each)
        await journal.record_feedback(rating(each.id))
    assert list(journal.queries) == [each.id for each in asked[1:]]
    assert [one.query_log_id for one in journal.ratings.values()] == [each.id for each in asked[1:]]
    assert [one.ratings for one in await journal.rating_summary(by=RatedBy.GENERATION)] == [2]


async def test_a_journal_without_a_limit_keeps_everything() -> None:
    """Tests look at what was asked."""
    journal = InMemoryJournal()
    for _ in range(UNLOGGED_ENTRIES + 1):
        await journal.record_query(entry())
    assert len(journal.queries) == UNLOGGED_ENTRIES + 1
    assert UUID(int=1) not in journal.queries
