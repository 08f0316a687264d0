"""How is a run of a test set written to disk, and read again?"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rag.adapters.test_sets.disk import text_of, write_atomically
from rag.adapters.test_sets.fields import Fields, fields_of
from rag.adapters.test_sets.json_cases import case_of, case_shape
from rag.domain.golden import InvalidTestSetError
from rag.domain.recipe import FusionMethod, RankingRecipe
from rag.domain.report import Baseline, CaseResult, PassageShown, Run, baseline_of
from rag.ports.baselines import InvalidRunError

RUN_FORMAT: Final = "rag run 1"
BASELINE_FORMAT: Final = "rag baseline 1"


class FileRuns:
    """Runs and baselines as JSON files; implements `rag.ports.baselines.Runs`."""

    def save(self, path: Path, run: Run) -> None:
        """This will write a whole run."""
        shape = {
            "format": RUN_FORMAT,
            "started_at": run.started_at.isoformat(),
            **_facts_shape(baseline_of(run)),
            "results": [_result_shape(result) for result in run.results],
        }
        write_atomically(path, json.dumps(shape, indent=1) + "\n")

    def save_baseline(self, path: Path, run: Run) -> None:
        """This will write scores alone, in order of the cases' ids."""
        baseline = baseline_of(run)
        head = json.dumps({"format": BASELINE_FORMAT, **_facts_shape(baseline)}, indent=2)
        lines = (
            f"    {json.dumps(name)}: {json.dumps(dict(scores))}"
            for name, scores in sorted(baseline.scores.items())
        )
        write_atomically(path, head[:-2] + ',\n  "scores": {\n' + ",\n".join(lines) + "\n  }\n}\n")

    def read(self, path: Path) -> Run:
        """This will read a whole run again."""
        with _as_invalid_run():
            fields = _fields_at(path)
            if fields.text("format") != RUN_FORMAT:
                raise fields.fault("format", "It holds scores alone, but a whole run is needed.")
            facts = _facts_of(fields, {})
            return Run(
                test_set=facts.test_set,
                started_at=_moment(fields),
                generation=facts.generation,
                model=facts.model,
                ranking=facts.ranking,
                results=tuple(
                    _result_of(one, number)
                    for number, one in enumerate(fields.inner_list("results"), start=1)
                ),
            )

    def read_baseline(self, path: Path) -> Baseline:
        """This will read what a run is held against."""
        with _as_invalid_run():
            fields = _fields_at(path)
            if fields.text("format") == RUN_FORMAT:
                return baseline_of(self.read(path))
            by_case = fields.inner("scores")
            scores = {name: _scores_of(by_case.inner(name, place=f"case {name}")) for name in by_case.values}
            return _facts_of(fields, scores)


@contextmanager
def _as_invalid_run() -> Iterator[None]:
    try:
        yield
    except InvalidTestSetError as error:
        raise InvalidRunError(str(error)) from error


def _fields_at(path: Path) -> Fields:
    fields = fields_of(text_of(path), file=str(path))
    if fields.text("format") not in {RUN_FORMAT, BASELINE_FORMAT}:
        reason = f"It is neither {RUN_FORMAT!r} nor {BASELINE_FORMAT!r}."
        raise fields.fault("format", reason)
    return fields


def _facts_shape(baseline: Baseline) -> dict[str, object]:
    return {
        "test_set": baseline.test_set,
        "generation": baseline.generation,
        "model": baseline.model,
        "ranking": asdict(baseline.ranking),
    }


def _facts_of(fields: Fields, scores: Mapping[str, Mapping[str, float | None]]) -> Baseline:
    return Baseline(
        test_set=fields.text("test_set"),
        scores=scores,
        generation=fields.optional_text("generation"),
        model=fields.text("model"),
        ranking=_ranking_of(fields.inner("ranking")),
    )


def _ranking_of(given: Fields) -> RankingRecipe:
    """Read a recipe; what it does not name yet, or not any more, is as it is by default."""
    fusion = given.text("fusion")
    if fusion not in set(FusionMethod):
        raise given.fault("fusion", f"It is {fusion!r}, but must be one of {', '.join(FusionMethod)}.")
    values: dict[str, Any] = {}
    for field in dataclass_fields(RankingRecipe):
        if field.name in given.values:
            is_text = isinstance(field.default, str)
            values[field.name] = given.text(field.name) if is_text else given.number(field.name)
    return RankingRecipe(**{**values, "fusion": FusionMethod(fusion)})


def _moment(fields: Fields) -> datetime:
    try:
        return datetime.fromisoformat(fields.text("started_at"))
    except ValueError as error:
        raise fields.fault("started_at", "It must be a time such as 2026-01-31T12:00:00+00:00.") from error


def _result_shape(result: CaseResult) -> dict[str, object]:
    return {
        "case": case_shape(result.case),
        "scores": dict(result.scores),
        "abstained": result.abstained,
        "answer": result.answer,
        "passages": [asdict(passage) for passage in result.passages],
        "citations": list(result.citations),
        "timings_ms": {stage: round(spent, 3) for stage, spent in result.timings_ms.items()},
        "latency_ms": round(result.latency_ms, 3),
        "cost_usd": result.cost_usd,
        "confidence": None if result.confidence is None else round(result.confidence, 4),
    }


def _result_of(fields: Fields, number: int) -> CaseResult:
    case = case_of(fields.inner("case"), number)
    timings = fields.inner("timings_ms")
    return CaseResult(
        case=case,
        scores=_scores_of(fields.inner("scores", place=f"case {case.id}")),
        abstained=fields.flag("abstained", default=False),
        answer=fields.text("answer"),
        passages=tuple(_passage_of(one) for one in fields.inner_list("passages")),
        citations=fields.texts("citations"),
        timings_ms={stage: timings.number(stage) for stage in timings.values},
        latency_ms=fields.number("latency_ms"),
        cost_usd=fields.number("cost_usd"),
        confidence=None if fields.values.get("confidence") is None else fields.number("confidence"),
    )


def _passage_of(fields: Fields) -> PassageShown:
    return PassageShown(
        source=fields.text("source"),
        section=fields.optional_text("section"),
        text=fields.text("text"),
        holds_evidence=fields.flag("holds_evidence", default=False),
    )


def _scores_of(fields: Fields) -> dict[str, float | None]:
    return {name: None if value is None else fields.score(name) for name, value in fields.values.items()}
