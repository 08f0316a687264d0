"""What a canary makes of what a search replies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.domain.canary import CanaryRun, FoundText
from rag.domain.errors import RagError, UnavailableError
from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.services.run_canary import Found, RunCanary
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
    """Neither with failures alone, nor while nothing is ingested."""
    run, _, _ = await outcome(*[UnavailableError("away")] * 3)
    assert (run.failures, run.recall, run.generation) == (3, None, None)
    run, _, _ = await outcome(*[found(generation=None)] * 3)
    assert (run.failures, run.recall, run.missed) == (0, None, ())


async def test_a_run_across_two_generations_belongs_to_none() -> None:
    """It is no measure for later runs on either of them."""
    run, _, _ = await outcome(found("a.md"), found("b.md", generation="rag-2"), found("c.md"))
    assert (run.recall, run.generation) == (1.0, None)
