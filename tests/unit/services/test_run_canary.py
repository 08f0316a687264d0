"""What a canary makes of what a search replies."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from rag.domain.canary import CanaryRun, FoundText
from rag.domain.errors import RagError, UnavailableError
from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.ports.canary import Found
from rag.services.run_canary import FAILURES_IN_A_ROW, LONGEST_REST_SECONDS, RunCanary
from tests.support.workbench import TickingClock

CASES = tuple(
    Case(name, f"Where is {name}?", CaseKind.ANSWERABLE, evidence=(ExpectedEvidence(f"{name}.md"),))
    for name in ("a", "b", "c")
)


@dataclass
class Replies:
    """A search that replies what it was given, in order."""

    given: Sequence[Found | RagError]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """Reply, or fail."""
        reply = self.given[len(self.asked)]
        self.asked.append((question, top_k))
        if isinstance(reply, RagError):
            raise reply
        return reply


async def outcome(*given: Found | RagError) -> tuple[CanaryRun, list[str], Replies]:
    """Run over the cases, and give what came out, the failed cases, and what was asked."""
    failed: list[str] = []
    search = Replies(given)
    run = RunCanary(search=search, clock=TickingClock(), rest=1.0)
    return await run(CASES, failed=lambda case, _: failed.append(case.id)), failed, search


def found(*sources: str, generation: str | None = "rag-1") -> Found:
    """Make a reply with passages of these sources."""
    return Found(generation, [FoundText(source, "words") for source in sources])


async def test_each_question_is_asked_once_and_judged() -> None:
    """The recall is the mean, and the cases that were missed are named."""
    run, failed, search = await outcome(found("a.md"), found("x.md"), found("c.md"))
    assert search.asked == [(case.question, 5) for case in CASES]
    assert run == CanaryRun(questions=3, failures=0, recall=2 / 3, generation="rag-1", missed=("b",))
    assert failed == []


async def test_a_failure_is_counted_and_not_judged() -> None:
    """An outage is no lack of quality: the others are asked all the same."""
    run, failed, _ = await outcome(found("a.md"), UnavailableError("away"), found("c.md"))
    assert (run.failures, run.recall, failed) == (1, 1.0, ["b"])


async def test_a_run_without_any_reply_has_no_recall() -> None:
    """Neither with failures alone, nor while there are no documents."""
    run, _, _ = await outcome(*[UnavailableError("away")] * 3)
    assert (run.failures, run.recall, run.generation) == (3, None, None)
    run, _, _ = await outcome(*[found(generation=None)] * 3)
    assert (run.failures, run.recall, run.missed) == (0, None, ())


async def test_a_run_across_two_generations_belongs_to_none() -> None:
    """It is no measure for later runs on either of them."""
    run, _, _ = await outcome(found("a.md"), found("b.md", generation="rag-2"), found("c.md"))
    assert (run.recall, run.generation) == (1.0, None)


async def test_finding_nothing_in_an_index_is_a_miss() -> None:
    """An index that lost its points replies with nothing, and that is a recall of 0 on that index."""
    run, _, _ = await outcome(*[found()] * 3)
    assert (run.recall, run.generation, run.missed) == (0.0, "rag-1", ("a", "b", "c"))


@dataclass
class HangingService:
    """A search that fails after as long as a service that hangs is waited for, but for some replies."""

    replies: frozenset[int] = frozenset()
    now: float = 0.0
    asked: int = 0

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """Let half a minute pass."""
        assert (question, top_k) != ("", 0)
        self.asked += 1
        self.now += 30.0
        if self.asked in self.replies:
            return found("a.md")
        raise UnavailableError("no reply in time")

    def seconds(self) -> float:
        """Tell the time that has passed here."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.now += seconds


async def hanging(monkeypatch: pytest.MonkeyPatch, *replies: int) -> tuple[CanaryRun, HangingService, int]:
    """Run over twenty questions, and count the failures that were told."""
    service, told = HangingService(frozenset(replies)), list[str]()
    monkeypatch.setattr(asyncio, "sleep", service.sleep)
    clock = TickingClock()
    monkeypatch.setattr(clock, "seconds", service.seconds)
    canary = RunCanary(search=service, clock=clock)
    cases = [CASES[0]] * 20
    run = await canary(cases, failed=lambda case, _: told.append(case.id))
    return run, service, len(told)


async def test_a_run_against_a_hanging_service_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After five failures in a row it is given up; they are counted, and so is what was left out."""
    run, service, told = await hanging(monkeypatch)
    assert (run.questions, run.failures, run.unasked, run.recall) == (5, 5, 15, None)
    assert (service.asked, told) == (FAILURES_IN_A_ROW, FAILURES_IN_A_ROW)
    assert service.now == 5 * 30.0 + 4 * LONGEST_REST_SECONDS


async def test_no_rest_is_longer_than_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that hangs now and then is asked everything, in bounded time."""
    run, service, _ = await hanging(monkeypatch, 4, 8, 12, 16, 20)
    assert (run.questions, run.failures, run.unasked, run.recall) == (20, 15, 0, 1.0)
    assert service.now == 20 * (30.0 + LONGEST_REST_SECONDS)
