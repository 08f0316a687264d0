"""Asking a test set where a judge reads the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rag.adapters.test_sets import FileRuns
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet
from rag.domain.report import GATED, MEASURES, CaseResult, report_on
from rag.ports.judging import AnswerJudge, JudgeUnavailableError
from rag.services.evaluate import EvaluateAnswers
from tests.support.workbench import Workbench, file

LEAVE = file("leave.md", "Everybody has thirty days of annual leave.\nUnused leave expires in March.")
QUOTE = ExpectedEvidence("leave.md", "Everybody has thirty days of annual leave.")
ASKED = Case("leave", "How many days of annual leave?", CaseKind.ANSWERABLE, (QUOTE,), ("thirty days",))
OPEN = replace(ASKED, id="open", answers=())
DECLINED = replace(ASKED, id="declined", question="xyzzy plugh")
NONSENSE = Case("nonsense", "xyzzy plugh", CaseKind.UNANSWERABLE)
LATER = replace(
    ASKED, id="later", kind=CaseKind.FOLLOW_UP, question="When does unused leave expire?", after=("Leave?",)
)
EVERY_KIND = GoldenSet("mine", "", (ASKED, OPEN, DECLINED, NONSENSE, LATER))


@dataclass
class Judge:
    """Finds what it is told to, and keeps what it was asked."""

    correct: bool = True
    failure: JudgeUnavailableError | None = None
    asked: list[tuple[str, str, Sequence[str]]] = field(default_factory=list)

    async def judge(self, question: str, answer: str, *, accepted: Sequence[str]) -> bool:
        """Judge, or fail."""
        self.asked.append((question, answer, accepted))
        if self.failure:
            raise self.failure
        return self.correct


async def service(judge: AnswerJudge | None) -> EvaluateAnswers:
    """Make the service over one document."""
    bench = Workbench()
    await bench.take_in(LEAVE)
    ask = bench.ask()
    return EvaluateAnswers(
        ask=ask, search=bench.search(), library=bench.library, clock=bench.clock, judge=judge
    )


def judgements(results: Sequence[CaseResult]) -> dict[str, float | None]:
    """Give the judge's score of every case."""
    assert all(tuple(result.scores) == MEASURES for result in results)
    return {result.case.id: result.scores["answer_judged"] for result in results}


@pytest.mark.parametrize(("correct", "score"), [(True, 1.0), (False, 0.0)])
async def test_answers_are_judged_where_there_is_something_to_hold_them_against(
    correct: bool,  # noqa: FBT001 - what the judge finds
    score: float,
) -> None:
    """A declined question scores 0 unasked; what has no accepted answer has no score."""
    judge = Judge(correct)
    run = await (await service(judge))(EVERY_KIND, advance=lambda _: None)
    assert judgements(run.results) == {
        "leave": score,
        "open": None,
        "declined": 0.0,
        "nonsense": None,
        "later": score,
    }
    assert [question for question, _, _ in judge.asked] == [
        ASKED.question,
        "Leave?\nWhen does unused leave expire?",
    ]
    assert judge.asked[0][1:] == (run.results[0].answer, ("thirty days",))


async def test_without_a_judge_nothing_is_judged() -> None:
    """Also what was declined has no score then."""
    run = await (await service(None))(EVERY_KIND, advance=lambda _: None)
    assert set(judgements(run.results).values()) == {None}
    assert "answer_judged" not in {one.measure for one in report_on(run, None).summaries}


async def test_a_judge_that_fails_ends_the_run() -> None:
    """A mean over the cases that happened to be judged would say the wrong thing."""
    seen: list[CaseResult] = []
    evaluate = await service(Judge(failure=JudgeUnavailableError("It is away.")))
    with pytest.raises(JudgeUnavailableError, match="away"):
        await evaluate(EVERY_KIND, advance=seen.append)
    assert not seen


async def test_runs_and_baselines_from_before_there_was_a_judge_are_read(tmp_path: Path) -> None:
    """They lack the measure, and a judged run is compared with them by the others alone; no gate needs it."""
    run = await (await service(Judge()))(EVERY_KIND, advance=lambda _: None)
    results = [
        replace(one, scores={name: score for name, score in one.scores.items() if name != "answer_judged"})
        for one in run.results
    ]
    earlier = replace(run, results=tuple(results))
    FileRuns().save(tmp_path / "run.json", earlier)
    FileRuns().save_baseline(tmp_path / "baseline.json", earlier)
    assert FileRuns().read(tmp_path / "run.json").results[0].scores == results[0].scores
    report = report_on(run, FileRuns().read_baseline(tmp_path / "baseline.json"))
    assert report.verdict.passed
    assert "answer_judged" not in {one.measure for one in report.differences}
    assert "answer_judged" not in GATED
