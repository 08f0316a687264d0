"""Asking a test set."""

import pytest

from rag.adapters.in_memory.embedder import InMemoryEmbedder
from rag.adapters.in_memory.journal import InMemoryJournal
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet
from rag.domain.question import QuestionTooLongError
from rag.domain.report import CaseResult
from rag.ports.models import EmbedderUnavailableError, Vectors
from rag.services.evaluate import EvaluateAnswers, MissingEvidenceError
from tests.support.workbench import Workbench, file

LEAVE = file("leave.md", "Everybody has thirty days of annual leave.\nUnused leave expires in March.")
TRAVEL = file("travel.md", "Train tickets of the second class are paid back.")
QUOTE = ExpectedEvidence("leave.md", "Everybody has thirty days of annual leave.")
ASKED = Case("leave", "How many days of annual leave?", CaseKind.ANSWERABLE, (QUOTE,), ("thirty days",))
NONSENSE = Case("nonsense", "xyzzy plugh", CaseKind.UNANSWERABLE)
LATER = Case("later", "When does unused leave expire?", CaseKind.FOLLOW_UP, (QUOTE,), (), ("Annual leave?",))


def service(bench: Workbench) -> EvaluateAnswers:
    """Make the service, with the workbench's journal to look into."""
    return EvaluateAnswers(ask=bench.ask(), search=bench.search(), library=bench.library, clock=bench.clock)


async def test_every_case_is_asked_and_scored() -> None:
    """Facts of the run, scores, passages and times are kept, and each case is reported as it ends."""
    bench = Workbench()
    await bench.take_in(LEAVE, TRAVEL)
    seen: list[CaseResult] = []
    run = await service(bench)(GoldenSet("mine", "", (ASKED, NONSENSE)), advance=seen.append)
    answered, declined = run.results
    assert tuple(seen) == run.results
    assert run.test_set == "mine"
    assert run.generation is not None
    assert run.model == bench.embedder.identity.key
    assert answered.scores["hit@1"] == 1
    assert answered.scores["answer_containment"] == 1
    assert answered.passages[0].holds_evidence
    assert answered.citations
    assert answered.latency_ms > 0
    assert "embed" in answered.timings_ms
    assert declined.abstained
    assert declined.scores["abstention"] == 1


async def test_a_follow_up_is_asked_after_what_came_before_it_in_a_session_of_its_own() -> None:
    """Another case's session is another one."""
    bench = Workbench()
    await bench.take_in(LEAVE)
    again = Case("again", LATER.question, LATER.kind, LATER.evidence, (), LATER.after)
    run = await service(bench)(GoldenSet("mine", "", (LATER, again, ASKED)), advance=lambda _: None)
    records = list(bench.journal.queries.values())
    assert [record.question.text for record in records[:2]] == ["Annual leave?", LATER.question]
    sessions = [record.question.session for record in records]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    assert sessions[4] is None
    assert len(run.results) == 3


async def test_what_is_not_in_the_library_is_named_before_anything_is_asked() -> None:
    """A low score would say the wrong thing."""
    bench = Workbench()
    await bench.take_in(TRAVEL)
    with pytest.raises(MissingEvidenceError, match=r"1 \(leave\.md\)") as raised:
        await service(bench)(GoldenSet("mine", "", (NONSENSE, ASKED)), advance=lambda _: None)
    assert raised.value.sources == ("leave.md",)
    assert "rag ingest" in raised.value.advice
    assert not bench.journal.queries


async def test_a_question_that_cannot_be_asked_is_told_before_anything_is_asked() -> None:
    """It would fail after all the others."""
    bench = Workbench()
    too_long = Case("long", "why " * 1000, CaseKind.UNANSWERABLE)
    with pytest.raises(QuestionTooLongError):
        await service(bench)(GoldenSet("mine", "", (NONSENSE, too_long)), advance=lambda _: None)
    assert not bench.journal.queries


class SleepingEmbedder(InMemoryEmbedder):
    """Embeds documents, and no question."""

    async def embed_question(self, text: str) -> Vectors:
        """Fail."""
        raise EmbedderUnavailableError(f"asleep: {text}")


async def test_a_part_that_is_missing_is_an_error_and_no_bad_score() -> None:
    """The run ends there."""
    bench = Workbench(embedder=SleepingEmbedder(), journal=InMemoryJournal())
    await bench.take_in(LEAVE)
    with pytest.raises(EmbedderUnavailableError):
        await service(bench)(GoldenSet("mine", "", (ASKED,)), advance=lambda _: None)
