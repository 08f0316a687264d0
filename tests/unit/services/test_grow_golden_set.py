"""Adding cases, and making them of logged questions."""

from dataclasses import replace
from uuid import uuid4

import pytest

from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet, id_for
from rag.domain.question import Question
from rag.ports.journal import Feedback, QueryRecord, UnknownQueryLogError
from rag.services.check_golden_set import CheckGoldenSet
from rag.services.grow_golden_set import AddCase, CaseRefusedError, PromoteQuery, kind_of
from tests.support.entries import entry
from tests.support.workbench import LineSplitter, Workbench, file

SET = GoldenSet("set", "about", (Case("leave", "How many days?", CaseKind.UNANSWERABLE),))
LEAVE = "Everybody has thirty days of leave.\nLeave expires in March."


async def bench_with_leave() -> Workbench:
    """Make a library with a document."""
    bench = Workbench()
    await bench.take_in(file("leave.md", LEAVE), file("travel.md", "Trains are paid back in full."))
    return bench


def promoting(bench: Workbench) -> PromoteQuery:
    """Make the service."""
    return PromoteQuery(
        journal=bench.journal, search=bench.search(), splitter=LineSplitter(), clock=bench.clock
    )


async def asked(
    bench: Workbench,
    text: str,
    *,
    rating: int = 1,
    session: str | None = None,
    read_as: str | None = None,
) -> QueryRecord:
    """Log a question with a rating."""
    record = replace(
        entry(),
        asked_at=bench.clock.now(),
        question=Question.of(text, session=session),
        read_as=read_as,
    )
    await bench.journal.record_query(record)
    await bench.journal.record_feedback(
        Feedback(uuid4(), record.id, rating, "not what I asked", (), bench.clock.now())
    )
    return record


async def test_a_sound_case_is_added_at_the_end() -> None:
    """The set itself is not touched: a new one is given."""
    bench = await bench_with_leave()
    case = Case("new", "When?", CaseKind.ANSWERABLE, (ExpectedEvidence("leave.md", "expires in March"),))
    grown = await AddCase(check=CheckGoldenSet(library=bench.library))(SET, case)
    assert grown.cases == (*SET.cases, case)
    assert len(SET.cases) == 1


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case("leave", "Why?", CaseKind.UNANSWERABLE), "There is a case leave already"),
        (Case("new", "how many days", CaseKind.UNANSWERABLE), "It asks what the case leave asks"),
        (Case("new", "Why?", CaseKind.ANSWERABLE), "evidence"),
        (
            Case("new", "Why?", CaseKind.ANSWERABLE, (ExpectedEvidence("leave.md", "expires in May."),)),
            "Nearest: “expires in March.”",
        ),
    ],
)
async def test_a_case_with_a_fault_is_refused(case: Case, reason: str) -> None:
    """The reason is said, and what comes nearest."""
    bench = await bench_with_leave()
    with pytest.raises(CaseRefusedError, match=reason):
        await AddCase(check=CheckGoldenSet(library=bench.library))(SET, case)


async def test_low_rated_questions_are_listed_once_and_without_those_of_the_set() -> None:
    """Well rated ones are left out; of several ratings the lowest counts."""
    bench = await bench_with_leave()
    bad = await asked(bench, "when does leave expire", rating=2)
    await bench.journal.record_feedback(Feedback(uuid4(), bad.id, 1, None, (), bench.clock.now()))
    await asked(bench, "How many days?")
    await asked(bench, "who pays", rating=4)
    (only,) = await promoting(bench).low_rated(SET, below=3, limit=20)
    assert (only.record.id, only.feedback.rating) == (bad.id, 1)


async def test_a_candidate_shows_what_a_person_needs() -> None:
    """Ratings with comments, and what is found today."""
    bench = await bench_with_leave()
    logged = await asked(bench, "when does leave expire")
    candidate = await promoting(bench).look(logged.id)
    assert [feedback.comment for feedback in candidate.ratings] == ["not what I asked"]
    assert candidate.passages[0].source == "leave.md"
    assert (candidate.question, candidate.after) == ("when does leave expire", ())
    assert list(bench.journal.queries) == [logged.id]  # looking logs nothing


async def test_an_unknown_entry_cannot_be_promoted() -> None:
    """The id is a slip."""
    bench = await bench_with_leave()
    with pytest.raises(UnknownQueryLogError):
        await promoting(bench).look(uuid4())


async def test_the_sentence_with_the_answer_is_quoted() -> None:
    """A sentence stands longer than a passage, whose borders move with the chunking."""
    bench = await bench_with_leave()
    promote = promoting(bench)
    candidate = await promote.look((await asked(bench, "how much leave do I have")).id)
    numbers = [n for n, one in enumerate(candidate.passages, 1) if one.source == "leave.md"]
    evidence = await promote.evidence(candidate, numbers[:1], answers=["IN march"])
    assert [piece.source for piece in evidence] == ["leave.md"]
    assert "Leave expires in March." in str(evidence[0].quote)
    with pytest.raises(CaseRefusedError, match="There is no passage 99"):
        await promote.evidence(candidate, [99], answers=[])


async def test_a_question_that_leaned_on_others_becomes_a_follow_up() -> None:
    """What was asked before comes with it; where that is forgotten, it is asked as it was read."""
    bench = await bench_with_leave()
    first = await asked(bench, "how much leave", session="s")
    later = await asked(bench, "and its end?", session="s", read_as="when does leave expire")
    candidate = await promoting(bench).look(later.id)
    assert (candidate.after, candidate.question) == (("how much leave",), "and its end?")
    del bench.journal.queries[first.id]
    forgotten = await promoting(bench).look(later.id)
    assert (forgotten.after, forgotten.question) == ((), "when does leave expire")


def test_the_kind_follows_from_what_a_case_has() -> None:
    """Nobody has to name it."""
    one, two = ExpectedEvidence("a.md", "a"), ExpectedEvidence("b.md", "b")
    assert kind_of([], after=()) is CaseKind.UNANSWERABLE
    assert kind_of([one], after=()) is CaseKind.ANSWERABLE
    assert kind_of([one, two], after=()) is CaseKind.SEVERAL_PASSAGES
    assert kind_of([one, two], after=["Why?"]) is CaseKind.FOLLOW_UP


def test_an_id_is_made_of_words_and_never_taken() -> None:
    """A question without words has one, too."""
    assert id_for("Wie viele Tage?", taken=()) == "wie-viele-tage"
    assert id_for("???", taken=("candidate", "candidate-2")) == "candidate-3"
