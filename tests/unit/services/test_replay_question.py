"""What asking a past question again shows."""

from dataclasses import replace
from uuid import uuid4

import pytest

from rag.adapters.in_memory.journal import InMemoryJournal
from rag.domain.comparison import Change
from rag.domain.question import Question
from rag.domain.recipe import ChunkingRecipe, IndexRecipe, LexicalRecipe
from rag.ports.journal import QueryRecord, UnknownQueryLogError
from rag.services.replay_question import Replay, ReplayQuestion
from tests.support.entries import rating
from tests.support.workbench import Workbench, file

QUESTION = "when does a backup run every night"
OLD_TEXT = "A backup runs every night at two."
NEW_TEXT = "A backup now does run every night at four."


@pytest.fixture
async def bench() -> Workbench:
    """A library with one generation."""
    made = Workbench()
    await made.take_in(file("backup.md", OLD_TEXT))
    return made


async def new_generation(bench: Workbench, text: str) -> str:
    """Make another generation live that holds another document, and keep the one before."""
    recipe = IndexRecipe(
        ChunkingRecipe(size_tokens=20, overlap_tokens=0), LexicalRecipe(), bench.embedder.identity
    )
    made = await bench.library.add_generation(recipe)
    await bench.index.create(made.name, recipe)
    await bench.index.switch(made.name)
    await bench.library.make_live(made.name)
    await bench.take_in(file("news.md", text))
    return made.name


async def asked(bench: Workbench) -> QueryRecord:
    """Ask, so that it stands in the query log."""
    return await bench.ask()(Question.of(QUESTION), request_id="r")


async def replayed(bench: Workbench, record: QueryRecord) -> Replay:
    """Ask again."""
    ask = replace(bench.ask(), journal=InMemoryJournal())
    replay = ReplayQuestion(ask=ask, journal=bench.journal, library=bench.library, index=bench.index)
    return await replay(record.id)


async def test_nothing_changed_gives_the_same_answers(bench: Workbench) -> None:
    """Both answers are those of then, ratings stand with them, and the query log stays as it is."""
    then = await asked(bench)
    given = rating(then.id)
    await bench.journal.record_feedback(given)
    replay = await replayed(bench, then)
    assert (replay.then, replay.ratings, replay.why_not) == (then, [given], None)
    for rerun in (replay.as_then, replay.now):
        assert rerun is not None
        assert rerun.difference.same_text
        assert [one.change for one in rerun.difference.citations] == [Change.STAYED]
        assert rerun.record.generation == then.generation
    assert list(bench.journal.queries) == [then.id]


async def test_the_generation_of_then_is_asked_beside_todays(bench: Workbench) -> None:
    """While it is kept, the old index still gives the old answer, and today's says what has changed."""
    then = await asked(bench)
    live = await new_generation(bench, NEW_TEXT)
    replay = await replayed(bench, then)
    assert replay.as_then is not None
    assert (replay.as_then.record.generation, replay.now.record.generation) == (then.generation, live)
    assert replay.as_then.difference.same_text
    assert not replay.now.difference.same_text
    changes = {one.citation.source: one.change for one in replay.now.difference.citations}
    assert changes == {"news.md": Change.APPEARED, "backup.md": Change.VANISHED}


async def test_the_ranking_of_then_is_used(bench: Workbench) -> None:
    """What was answered under a lower floor is answered so again, and declined today."""
    then = await asked(bench)
    ask = replace(bench.ask(), journal=InMemoryJournal())
    recipe = replace(ask.search.recipe, floor=0.99)
    strict = replace(ask, search=replace(ask.search, recipe=recipe))
    replay = ReplayQuestion(ask=strict, journal=bench.journal, library=bench.library, index=bench.index)
    outcome = await replay(then.id)
    assert outcome.as_then is not None
    assert outcome.as_then.record.ranking == then.ranking
    assert outcome.as_then.difference.same_text
    assert outcome.now.record.answer.abstained


async def test_it_says_why_the_index_of_then_cannot_be_asked(bench: Workbench) -> None:
    """It is gone, another model runs, or there was none; today's answer is given all the same."""
    gone = await asked(bench)
    await new_generation(bench, NEW_TEXT)
    assert gone.generation is not None
    await bench.index.retire(gone.generation)
    other_model = replace(gone, id=uuid4(), model="another/fp32/0")
    no_index = replace(gone, id=uuid4(), generation=None)
    today = await asked(bench)
    assert today.ranking is not None
    judged_by = replace(today.ranking, reranker="a-judge")
    other_judge = replace(today, id=uuid4(), reranked=True, ranking=judged_by)
    unknown = replace(today, id=uuid4(), ranking=None)
    for record in (other_model, no_index, other_judge, unknown):
        await bench.journal.record_query(record)
    for record, reason in (
        (gone, f"The index {gone.generation} is no longer kept."),
        (other_model, "embedding model another/fp32/0, and hashed-words/"),
        (no_index, "There was no index when it was asked."),
        (other_judge, "judged by the reranker a-judge, and none is loaded now."),
        (unknown, "It was ranked by an earlier release, in a way that is not known any more."),
    ):
        replay = await replayed(bench, record)
        assert replay.as_then is None
        assert replay.why_not is not None
        assert reason in replay.why_not
        assert replay.now.record.sources == ("news.md",)


async def test_a_follow_up_is_asked_as_it_was_read(bench: Workbench) -> None:
    """The rest of its session is not needed."""
    then = await asked(bench)
    follow_up = replace(then, id=uuid4(), question=Question("and when", session="s"), read_as=QUESTION)
    await bench.journal.record_query(follow_up)
    replay = await replayed(bench, follow_up)
    assert replay.now.difference.same_text
    assert replay.now.record.question.session is None


async def test_an_unknown_entry_is_named(bench: Workbench) -> None:
    """There is nothing to ask again."""
    record = replace(await asked(bench), id=uuid4())
    with pytest.raises(UnknownQueryLogError, match=str(record.id)):
        await replayed(bench, record)
