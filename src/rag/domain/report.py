"""How good was a run over a test set, how does it compare with the baseline, and does it pass?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import fsum
from typing import Final, Literal

from rag.domain.golden import Case, CaseKind
from rag.domain.intervals import difference_interval, mean_interval
from rag.domain.latency import stage_latency
from rag.domain.recipe import RankingRecipe

MEASURES: Final[tuple[str, ...]] = (
    "recall@5",
    "ndcg@10",
    "mrr@10",
    "hit@1",
    "hit@5",
    "abstention",
    "citation_precision",
    "citation_recall",
    "answer_f1",
    "answer_containment",
    "answer_judged",
)

# What the gate looks at: one measure for each thing that can break.
GATED: Final[tuple[str, ...]] = (
    "recall@5",
    "ndcg@10",
    "abstention",
    "citation_precision",
    "answer_containment",
)
DEFAULT_TOLERANCE: Final = 0.02
WORST_SHOWN: Final = 20
CASES_NAMED: Final = 5
ROUNDING: Final = 1e-9  # a fall of exactly the tolerance is none


@dataclass(frozen=True, slots=True)
class PassageShown:
    """A passage that was found, as a report shows it."""

    source: str
    section: str | None
    text: str
    holds_evidence: bool


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case.

    Attributes:
        scores: measure to score, 0 to 1; None where the measure does not apply to the case.
        abstained: whether the service declined.
        answer: what it said.
        passages: what the search found, best first.
        citations: the words cited, in the order of their markers.
        timings_ms: stage to milliseconds, of the answer.
        confidence: how sure the service was that it could answer; None where it did not look.
    """

    case: Case
    scores: Mapping[str, float | None]
    abstained: bool
    answer: str
    passages: tuple[PassageShown, ...]
    citations: tuple[str, ...]
    timings_ms: Mapping[str, float]
    latency_ms: float
    cost_usd: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A test set, asked once.

    Attributes:
        test_set: its name.
        generation: the index that was searched; None where there was none.
        model: the embedding model's key.
    """

    test_set: str
    started_at: datetime
    generation: str | None
    model: str
    ranking: RankingRecipe
    results: tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier run that later ones are held against.

    Attributes:
        scores: case id to measure to score; None where the measure did not apply.
    """

    test_set: str
    scores: Mapping[str, Mapping[str, float | None]]
    generation: str | None
    model: str
    ranking: RankingRecipe

    def only(self, case_ids: Iterable[str]) -> "Baseline":
        """Keep these cases alone, as for a run that leaves out the others on purpose."""
        wanted = frozenset(case_ids)
        return replace(self, scores={name: one for name, one in self.scores.items() if name in wanted})


@dataclass(frozen=True, slots=True)
class Summary:
    """The mean of a measure over the cases of a kind, with its 95 % interval; kind None is all kinds."""

    measure: str
    kind: CaseKind | None
    cases: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure now and in the baseline, over the cases that both have.

    Attributes:
        difference: `now` minus `baseline`; `low` and `high` are its 95 % interval.
        worse: it fell by more than the tolerance.
    """

    measure: str
    baseline: float
    now: float
    difference: float
    low: float
    high: float
    worse: bool

    @property
    def fails(self) -> bool:
        """Whether the run fails for it: it fell by more than the tolerance, and the gate looks at it."""
        return self.worse and self.measure in GATED

    @property
    def trend(self) -> Literal["worse", "better", "same"]:
        """What it means: an interval that holds 0 may be chance, unless the run fails for it."""
        if self.fails or self.high < 0:
            return "worse"
        return "better" if self.low > 0 else "same"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the run passes, and why; one sentence a reason. Where nothing was `compared`, nothing fails."""

    passed: bool
    reasons: tuple[str, ...]
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is said of a run.

    Attributes:
        differences: from the baseline; none without one.
        stage_latency: stage to its median and 95th percentile in milliseconds; `total` is the whole answer.
        worst: the cases with the lowest scores, lowest first; those without any fault are not among them.
    """

    run: Run
    summaries: tuple[Summary, ...]
    differences: tuple[Difference, ...]
    verdict: Verdict
    stage_latency: Mapping[str, tuple[float, float]]
    worst: tuple[CaseResult, ...]


def report_on(run: Run, baseline: Baseline | None, *, tolerance: float = DEFAULT_TOLERANCE) -> Report:
    """Sum a run up, hold it against the baseline, and judge it.

    It fails when one of the gated measures fell by more than `tolerance`, or when a case of the baseline was
    not asked or lost a gated measure: a question must not vanish because it is answered badly.
    """
    differences = _differences(run, baseline, tolerance=tolerance) if baseline else ()
    return Report(
        run=run,
        summaries=_summaries(run.results),
        differences=differences,
        verdict=_verdict(run, baseline, differences, tolerance=tolerance),
        stage_latency=stage_latency((one.timings_ms, one.latency_ms) for one in run.results),
        worst=_worst(run.results),
    )


def baseline_of(run: Run) -> Baseline:
    """Make a run what later ones are held against."""
    return Baseline(
        test_set=run.test_set,
        scores={result.case.id: result.scores for result in run.results},
        generation=run.generation,
        model=run.model,
        ranking=run.ranking,
    )


def _summaries(results: Sequence[CaseResult]) -> tuple[Summary, ...]:
    summaries: list[Summary] = []
    for measure in MEASURES:
        for kind in (None, *CaseKind):
            scores = [
                score
                for result in results
                if kind in {None, result.case.kind} and (score := result.scores.get(measure)) is not None
            ]
            if scores:
                mean = mean_interval(scores)
                summaries.append(Summary(measure, kind, len(scores), mean.mean, mean.low, mean.high))
    return tuple(summaries)


def _differences(run: Run, baseline: Baseline, *, tolerance: float) -> tuple[Difference, ...]:
    differences: list[Difference] = []
    for measure in MEASURES:
        before: list[float] = []
        now: list[float] = []
        for result in run.results:
            earlier = baseline.scores.get(result.case.id, {}).get(measure)
            later = result.scores.get(measure)
            if earlier is not None and later is not None:
                before.append(earlier)
                now.append(later)
        if not now:
            continue
        change = difference_interval(before, now)
        differences.append(
            Difference(
                measure=measure,
                baseline=fsum(before) / len(before),
                now=fsum(now) / len(now),
                difference=change.mean,
                low=change.low,
                high=change.high,
                worse=change.mean < -(tolerance + ROUNDING),
            )
        )
    return tuple(differences)


def _verdict(
    run: Run, baseline: Baseline | None, differences: Sequence[Difference], *, tolerance: float
) -> Verdict:
    if baseline is None:
        reasons_for_none = ("There is no baseline, so nothing was compared.",)
        return Verdict(passed=True, reasons=reasons_for_none, compared=False)
    reasons = [
        f"{one.measure} fell from {one.baseline:.3f} to {one.now:.3f}, "
        f"more than the tolerance of {tolerance:g}."
        for one in differences
        if one.fails
    ]
    asked = {result.case.id for result in run.results}
    if missing := baseline.scores.keys() - asked:
        reasons.append(f"Cases of the baseline that were not asked: {_named(missing)}.")
    if unscored := _unscored(run, baseline):
        reasons.append(f"Cases that a gated measure no longer applies to: {_named(unscored)}.")
    praise = f"No gated measure fell by more than the tolerance of {tolerance:g}."
    return Verdict(passed=not reasons, reasons=tuple(reasons) or (praise,))


def _unscored(run: Run, baseline: Baseline) -> set[str]:
    return {
        result.case.id
        for result in run.results
        for measure, before in baseline.scores.get(result.case.id, {}).items()
        if measure in GATED and before is not None and result.scores.get(measure) is None
    }


def _named(cases: Iterable[str]) -> str:
    names = sorted(cases)
    return f"{len(names)} ({', '.join(names[:CASES_NAMED])}{', …' if len(names) > CASES_NAMED else ''})"


def _worst(results: Sequence[CaseResult]) -> tuple[CaseResult, ...]:
    with_faults = [(_merit(result), result) for result in results if _merit(result) < 1]
    with_faults.sort(key=lambda pair: (pair[0], pair[1].case.id))
    return tuple(result for _, result in with_faults[:WORST_SHOWN])


def _merit(result: CaseResult) -> float:
    scores = [score for measure in GATED if (score := result.scores.get(measure)) is not None]
    return fsum(scores) / len(scores) if scores else 1.0
