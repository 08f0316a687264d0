"""Runs over a small test set, made for tests of the report."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.domain.recipe import RankingRecipe
from rag.domain.report import MEASURES, CaseResult, PassageShown, Run

QUOTE = "Every employee has thirty days of annual leave."
STARTED = datetime(2026, 11, 22, 19, tzinfo=UTC)
TIMINGS: Mapping[str, float] = {"embed": 2.0, "retrieve": 5.0}


def case_result(
    name: str,
    *,
    score: float = 1.0,
    kind: CaseKind = CaseKind.ANSWERABLE,
    abstained: bool = False,
    text: str = QUOTE,
) -> CaseResult:
    """Make what became of one case, all of whose scores are `score`."""
    unanswerable = kind is CaseKind.UNANSWERABLE
    case = Case(
        name,
        f"How long is {name}?",
        kind,
        () if unanswerable else (ExpectedEvidence("leave.md", QUOTE),),
        () if unanswerable else ("thirty days",),
        ("What about leave?",) if kind is CaseKind.FOLLOW_UP else (),
    )
    measured = ("abstention",) if unanswerable else MEASURES
    return CaseResult(
        case=case,
        scores={measure: score if measure in measured else None for measure in MEASURES},
        abstained=abstained,
        answer="I could not find it." if abstained else f"{text} [1]",
        passages=(
            PassageShown("travel.md", None, "Trains are paid back.", holds_evidence=False),
            PassageShown("leave.md", "Leave > Annual leave", f"Annual leave. {text}", holds_evidence=True),
        ),
        citations=() if abstained else (text,),
        timings_ms=TIMINGS,
        latency_ms=8.0,
        cost_usd=0.0,
    )


def small_run(*, score: float = 1.0, text: str = QUOTE) -> Run:
    """Make a run with a case of every kind but one."""
    return Run(
        test_set="handbook",
        started_at=STARTED,
        generation="rag-0001-3fa9c2d1",
        model="all-MiniLM-L6-v2/fp32/53aa51172d14",
        ranking=RankingRecipe(),
        results=(
            case_result("annual-leave", score=score, text=text),
            case_result("sick-leave", abstained=True, score=0.0),
            case_result("follow-up", kind=CaseKind.FOLLOW_UP),
            case_result("canteen", kind=CaseKind.UNANSWERABLE, abstained=True),
            case_result("parking", kind=CaseKind.UNANSWERABLE, score=0.0),
        ),
    )


def with_question(run: Run, question: str) -> Run:
    """Ask something else in the first case."""
    first = run.results[0]
    changed = replace(first, case=replace(first.case, question=question))
    return replace(run, results=(changed, *run.results[1:]))
