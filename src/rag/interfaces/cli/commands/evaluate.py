"""rag evaluate: how good are retrieval, citations and answers, and are they worse than before?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand

import rag
from rag.domain.golden import part_of
from rag.domain.report import DEFAULT_TOLERANCE, report_on
from rag.interfaces.cli.evaluating import evaluation_shape, say_evaluation
from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.ingesting import ingest_files
from rag.interfaces.cli.log_lines import show_warnings_only
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import note, progress, say_json, waiting
from rag.interfaces.cli.session import application, run
from rag.ports.baselines import InvalidRunError

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.bootstrap import Application
    from rag.domain.golden import GoldenSet
    from rag.domain.report import Baseline, Report, Run

CHECKOUT: Final = Path(rag.__file__).parents[2]
OWN_TEST_SET: Final = CHECKOUT / "data" / "eval" / "golden_set.json"
BASELINE_NAME: Final = "baseline.json"
REPORT_NAME: Final = "evaluation.html"

TestSet = Annotated[
    Path | None,
    typer.Option(
        "--test-set",
        metavar="PATH",
        help="A test set: JSON, CSV, or a folder in BEIR's layout. [default: data/eval/golden_set.json]",
    ),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline", metavar="FILE", help="Compare with this. [default: baseline.json beside the test set]"
    ),
]
SetBaseline = Annotated[
    bool, typer.Option("--set-baseline", help="Make this run the baseline; then nothing fails.")
]
Save = Annotated[Path | None, typer.Option("--save", metavar="FILE", help="Keep the whole run here.")]
Compare = Annotated[
    Path | None, typer.Option("--compare", metavar="FILE", help="Compare with this saved run as well.")
]
Tolerance = Annotated[
    float, typer.Option("--tolerance", min=0, max=1, help="How far a measure may fall below the baseline.")
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="[FILE]", help=f"Write a report in HTML; without a name, {REPORT_NAME}."
    ),
]
Corpus = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        metavar="FOLDER",
        help="Measure on a library of this folder alone, made for this and thrown away afterwards.",
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Ask at most this many cases.")]


class _ReportMayBeBare(TyperCommand):
    """A command whose `--report` may stand without a file's name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer names its class nowhere
        """This will name the file where none is named."""
        return super().parse_args(ctx, named_reports(args))


def named_reports(arguments: Sequence[str]) -> list[str]:
    """This will give a bare `--report` the default file.

    >>> named_reports(["--report", "--json"])
    ['--report=evaluation.html', '--json']
    """
    return [
        f"--report={REPORT_NAME}" if one == "--report" and after.startswith("-") else one
        for one, after in zip_longest(arguments, arguments[1:], fillvalue="--")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    test_set: Path
    baseline: Path | None
    tolerance: float
    corpus: Path | None
    limit: int | None
    save: Path | None
    compare: Path | None
    report: Path | None
    set_baseline: bool
    as_json: bool

    @property
    def baseline_place(self) -> Path:
        """Where the baseline is looked for, and written to."""
        folder = self.test_set if self.test_set.is_dir() else self.test_set.parent
        return self.baseline or folder / BASELINE_NAME

    @property
    def written(self) -> tuple[Path, ...]:
        """The files that are written at the end."""
        baseline = self.baseline_place if self.set_baseline else None
        return tuple(place for place in (self.save, baseline, self.report) if place)


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        cls=_ReportMayBeBare,
        epilog=examples(
            "rag evaluate",
            "rag evaluate --report",
            "rag evaluate --corpus docs",
            "rag evaluate --test-set questions.csv --corpus ~/handbook --set-baseline",
            "rag evaluate --save today.json --compare yesterday.json --report today.html",
        ),
    )(evaluate)


def evaluate(  # noqa: PLR0913 - each argument is an option of the command line
    *,
    test_set: TestSet = None,
    baseline: BaselineFile = None,
    set_baseline: SetBaseline = False,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    report: ReportFile = None,
    save: Save = None,
    compare: Compare = None,
    corpus: Corpus = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Ask the questions of a test set, and measure what is found, cited and said.

    The exit code is 1 when a measure fell below the baseline by more than the tolerance. What is asked here
    does not enter the query log.
    """
    wanted = Wanted(
        test_set=test_set or _own_test_set(),
        baseline=baseline,
        tolerance=tolerance,
        corpus=corpus,
        limit=limit,
        save=save,
        compare=compare,
        report=report,
        set_baseline=set_baseline,
        as_json=as_json,
    )
    if set_baseline and limit is not None:
        raise typer.BadParameter("A baseline is made of all cases: leave --limit out.", param_hint="--limit")
    run(_evaluate(wanted))


def _own_test_set() -> Path:
    if not OWN_TEST_SET.is_file():
        raise typer.BadParameter(
            "The project's own test set is not here; name yours.", param_hint="--test-set"
        )
    return OWN_TEST_SET


async def _evaluate(wanted: Wanted) -> None:
    # All that is named is read, and every place tried, before anything is started: a slip must not cost
    # minutes.
    golden = await asyncio.to_thread(_golden, wanted)
    baseline = await asyncio.to_thread(_baseline, wanted, golden)
    other_run = await asyncio.to_thread(_run_at, wanted.compare) if wanted.compare else None
    await asyncio.to_thread(_verify_places, wanted)
    async with _library(wanted.corpus) as opened:
        measured = await _measured(opened, golden)
    report = report_on(measured, baseline, tolerance=wanted.tolerance)
    other = report_on(other_run, baseline, tolerance=wanted.tolerance) if other_run else None
    try:
        if wanted.as_json:
            say_json(evaluation_shape(report, other=other))
        else:
            say_evaluation(report, other=other)
    finally:  # neither a full disk nor a reader who leaves early costs the other half
        await asyncio.to_thread(_keep, wanted, report, other)
    if not report.verdict.passed and not wanted.set_baseline:
        raise typer.Exit(FAILED)


def _golden(wanted: Wanted) -> "GoldenSet":
    from rag.bootstrap import test_sets_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    golden = test_sets_on_disk().read(wanted.test_set)
    return golden if wanted.limit is None else part_of(golden, wanted.limit)


def _baseline(wanted: Wanted, golden: "GoldenSet") -> "Baseline | None":
    from rag.bootstrap import runs_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    place = wanted.baseline_place
    if not place.exists() and (wanted.baseline is None or wanted.set_baseline):
        return None
    try:
        baseline = runs_on_disk().read_baseline(place)
    except InvalidRunError as error:
        if not wanted.set_baseline:
            raise
        note(f"The baseline that is replaced cannot be read: {error}")
        return None
    if baseline.test_set != golden.name:
        mismatch = f"{place} belongs to the test set {baseline.test_set}, not to {golden.name}."
        if wanted.baseline is not None or wanted.set_baseline:
            raise InvalidRunError(mismatch)
        note(f"{mismatch} It is not compared with.")
        return None
    return baseline if wanted.limit is None else baseline.only(case.id for case in golden.cases)


def _run_at(path: Path) -> "Run":
    from rag.bootstrap import runs_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    return runs_on_disk().read(path)


def _verify_places(wanted: Wanted) -> None:
    from rag.bootstrap import verify_file  # noqa: PLC0415 - `rag --help` must not wait for it

    for place in wanted.written:
        verify_file(place)


@asynccontextmanager
async def _library(corpus: Path | None) -> "AsyncIterator[Application]":
    """Open the user's library, or one of the corpus alone."""
    if corpus is None:
        async with application() as opened:
            yield opened
        return
    from rag.bootstrap import corpus_on_disk, load_settings, open_throwaway  # noqa: PLC0415 - see above

    files = await asyncio.to_thread(corpus_on_disk, corpus)
    settings = load_settings()
    show_warnings_only()
    async with AsyncExitStack() as stack:
        with waiting("Starting …"):
            opened = await stack.enter_async_context(open_throwaway(settings))
        await ingest_files(opened, opened.files.find([corpus]) if files is None else files)
        yield opened


async def _measured(opened: "Application", golden: "GoldenSet") -> "Run":
    with progress("Asking", total=len(golden.cases)) as step:
        return await opened.evaluate(golden, advance=lambda _: step())


def _keep(wanted: Wanted, report: "Report", other: "Report | None") -> None:
    from rag.bootstrap import runs_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    if wanted.save:
        runs_on_disk().save(wanted.save, report.run)
        note(f"The run is kept in {wanted.save}.")
    if wanted.set_baseline:
        runs_on_disk().save_baseline(wanted.baseline_place, report.run)
        note(f"The baseline is now {wanted.baseline_place}.")
    if wanted.report:
        from rag.interfaces.report import write_report  # noqa: PLC0415 - only where one is wanted

        write_report(report, wanted.report, other=other)
        note(f"The report is {wanted.report}.")
