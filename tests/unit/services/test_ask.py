"""Answering questions."""

from dataclasses import replace
from uuid import UUID

import pytest

from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.answer import NOT_ENOUGH_EVIDENCE
from rag.domain.question import Filter, Question
from rag.ports.search import IndexMismatchError, IndexMissingError, Point
from rag.services.ask import AnswerFinished, PassageCited, PassagesFound, TextWritten
from rag.services.stages import StageTimer
from tests.support.books import cut, document
from tests.support.workbench import Workbench, file

FILES = (
    file("backup.md", "A backup runs every night at two.", metadata={"team": "storage"}),
    file("alerts.md", "An alert pages the engineer on call.", metadata={"team": "operations"}),
)


async def bench_with_files() -> Workbench:
    """Give a workbench that knows two files."""
    bench = Workbench()
    await bench.take_in(*FILES)
    return bench


async def test_an_answer_is_cited_and_logged() -> None:
    """The record that is returned is the one in the journal."""
    bench = await bench_with_files()
    record = await bench.ask()(Question.of("when does a backup run"), request_id="r-1")
    assert record.answer.text == "A backup runs every night at two. [1]"
    assert record.sources == ("backup.md",)
    assert record.generation is not None
    assert record.generation.startswith("rag-0001-")
    assert bench.journal.queries[record.id] == record
    assert set(record.timings_ms) == {"embed", "retrieve", "fuse", "read", "split", "extract"}
    assert record.latency_ms >= sum(record.timings_ms.values())


async def test_thin_evidence_is_declined_and_logged_too() -> None:
    """Declining is an answer: it has an entry, no citation and no claim."""
    bench = await bench_with_files()
    record = await bench.ask(floor=0.99)(Question.of("what is the capital of France"), request_id="r-2")
    assert record.answer.abstained
    assert record.answer.text == NOT_ENOUGH_EVIDENCE
    assert record.answer.citations == ()
    assert record.id in bench.journal.queries


async def test_the_stream_ends_with_the_logged_answer() -> None:
    """Passages first, then text and citations that make up the answer, then the record."""
    bench = await bench_with_files()
    events = [e async for e in bench.ask().stream(Question.of("when does a backup run"), request_id="r")]
    assert isinstance(events[0], PassagesFound)
    last = events[-1]
    assert isinstance(last, AnswerFinished)
    assert "".join(e.text for e in events if isinstance(e, TextWritten)) == last.record.answer.text
    cited = tuple(event.citation for event in events if isinstance(event, PassageCited))
    assert cited == last.record.answer.citations


async def test_a_filter_decides_which_documents_answer() -> None:
    """Only documents within the filter are cited."""
    bench = await bench_with_files()
    only = Filter(metadata=(("team", "operations"),))
    record = await bench.ask(floor=-1.0)(
        Question.of("when does a backup run an alert", filter_by=only), request_id="r"
    )
    assert record.sources == ("alerts.md",)


async def test_an_answer_that_cannot_be_logged_is_not_given() -> None:
    """The record is committed before the answer is handed out."""
    bench = await bench_with_files()

    async def refuse(entry: object) -> None:
        raise OSError(str(entry))

    bench.journal.record_query = refuse  # type: ignore[method-assign] # the journal's disk is gone
    with pytest.raises(OSError, match="backup"):
        await bench.ask()(Question.of("when does a backup run"), request_id="r")


async def test_before_the_first_document_the_answer_says_so() -> None:
    """An empty service can answer: it declines, and says what to do."""
    bench = Workbench()
    record = await bench.ask()(Question.of("anything"), request_id="r")
    assert record.answer.abstained
    assert "ingest some first" in record.answer.text
    assert record.generation is None


async def test_a_lost_index_is_no_lack_of_documents() -> None:
    """Where PostgreSQL knows documents, an engine without them is an outage."""
    bench = await bench_with_files()
    bench.index = InMemorySearchIndex()
    with pytest.raises(IndexMissingError):
        await bench.ask()(Question.of("when does a backup run"), request_id="r")


async def test_a_sentence_that_only_repeats_the_question_is_no_answer() -> None:
    """Lists of example questions echo what was asked."""
    bench = Workbench()
    await bench.take_in(
        file("examples.md", "rag ask when does a backup run today"),
        file("backup.md", "Every night at two all databases are copied when a backup does run."),
    )
    record = await bench.ask(floor=-1.0)(Question.of("when does a backup run today"), request_id="r")
    assert record.sources == ("backup.md",)


async def test_records_have_ids_of_their_own() -> None:
    """Two askers of one question get two entries."""
    bench = await bench_with_files()
    question = Question.of("when does a backup run")
    first = await bench.ask()(question, request_id="r-1")
    second = await bench.ask()(question, request_id="r-2")
    assert isinstance(first.id, UUID)
    assert first.id != second.id


async def test_a_stream_says_nothing_that_is_not_in_the_log() -> None:
    """The entry is committed before the first word of the answer."""
    bench = await bench_with_files()
    async for event in bench.ask().stream(Question.of("when does a backup run"), request_id="r"):
        if isinstance(event, TextWritten):
            assert len(bench.journal.queries) == 1


async def test_a_generation_of_another_model_that_became_live_meanwhile_is_refused() -> None:
    """Noise is never handed out as an answer."""
    bench = await bench_with_files()
    meanwhile = await bench.library.live_generation()
    assert meanwhile is not None
    another = replace(meanwhile.recipe.model, fingerprint="0123456789ab")
    generation = await bench.library.add_generation(replace(meanwhile.recipe, model=another))
    await bench.library.make_live(generation.name)
    await bench.index.create(generation.name, generation.recipe)
    await bench.index.switch(generation.name)
    text = "A backup runs every night at two."
    whole = cut(document("backup.md", text=text), generation=generation.name, pieces=1)
    await bench.library.put(document("backup.md", text=text), whole, generation=generation.name)
    (vector,) = await bench.embedder.embed([text])
    moment = bench.clock.now()
    points = [Point(chunk, vector, "backup.md", "Backups", moment, {}) for chunk in whole]
    await bench.index.upsert(generation.name, points)
    with pytest.raises(IndexMismatchError, match="was built by"):
        await bench.ask()(Question.of("when does a backup run"), request_id="r")


async def test_a_question_of_a_session_is_read_after_those_before_it() -> None:
    """What it leans on is searched for with it, and the record says how it was read."""
    bench = await bench_with_files()
    ask = bench.ask()
    await ask(Question.of("when does a backup run", session="s"), request_id="r-1")
    record = await ask(Question.of("and how often?", session="s"), request_id="r-2")
    assert record.read_as == "when does a backup run and how often?"
    assert record.question.text == "and how often?"
    assert record.sources == ("backup.md",)
    assert "session" in record.timings_ms


async def test_other_sessions_are_not_read() -> None:
    """Neither those of others, nor any where none is named."""
    bench = await bench_with_files()
    ask = bench.ask()
    await ask(Question.of("when does a backup run", session="s"), request_id="r-1")
    for session in ("other", None):
        record = await ask(Question.of("and how often?", session=session), request_id="r-2")
        assert record.read_as is None


async def test_an_answer_says_how_sure_it_is() -> None:
    """Also when it declines, and nothing is said where there was nothing to look at."""
    bench = await bench_with_files()
    sure = await bench.ask()(Question.of("when does a backup run every night"), request_id="r")
    unsure = await bench.ask(floor=0.99)(Question.of("what is the capital of France"), request_id="r")
    assert sure.answer.confidence is not None
    assert unsure.answer.confidence is not None
    assert sure.answer.confidence > unsure.answer.confidence
    empty = await Workbench().ask()(Question.of("anything"), request_id="r")
    assert empty.answer.confidence is None


async def test_copies_of_a_document_do_not_crowd_out_others() -> None:
    """What is said again takes no place among the passages that an answer may be made of."""
    bench = await bench_with_files()
    text = "A backup runs every night at two."
    await bench.take_in(*(file(f"copy{number}.md", text) for number in range(5)))
    question = Question.of("when does a backup run every night", top_k=2)
    events = [event async for event in bench.ask().stream(question, request_id="r")]
    assert isinstance(events[0], PassagesFound)
    assert len({passage.chunk.text for passage in events[0].passages}) == 2
    found = await bench.search()(question, timer=StageTimer(bench.clock))
    assert {passage.chunk.text for passage in found} == {text}
