"""rag evaluate: how good are retrieval, citations and answers, and are they worse than before?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand

import rag
from rag.domain.report import DEFAULT_TOLERANCE, report_on
from rag.interfaces.cli.evaluating import evaluation_shape, say_baseline_set, say_evaluation, say_misquoted
from rag.interfaces.cli.evaluation_files import (
    Wanted,
    baseline_for,
    golden_of,
    keep,
    other_run,
    verify_places,
)
from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.ingesting import ingest_files
from rag.interfaces.cli.log_lines import show_warnings_only
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import progress, say_json, waiting
from rag.interfaces.cli.session import application, run

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.bootstrap import Application
    from rag.domain.golden import GoldenSet
    from rag.domain.report import Run

CHECKOUT: Final = Path(rag.__file__).parents[2]
OWN_TEST_SET: Final = CHECKOUT / "data" / "eval" / "golden_set.json"
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
    golden = await asyncio.to_thread(golden_of, wanted)
    baseline = await asyncio.to_thread(baseline_for, wanted, golden)
    earlier = await asyncio.to_thread(other_run, wanted, golden)
    await asyncio.to_thread(verify_places, wanted)
    async with _library(wanted.corpus) as opened:
        measured = await _measured(opened, golden)
    report = report_on(measured, baseline, tolerance=wanted.tolerance)
    other = report_on(earlier, baseline, tolerance=wanted.tolerance) if earlier else None
    try:
        if wanted.as_json:
            say_json(evaluation_shape(report, other=other))
        else:
            say_evaluation(report, other=other, judged=not wanted.set_baseline)
    finally:  # neither a full disk nor a reader who leaves early costs the other half
        await asyncio.to_thread(keep, wanted, report, other)
    if wanted.set_baseline and not wanted.as_json:
        say_baseline_set(report)
    if not report.verdict.passed and not wanted.set_baseline:
        raise typer.Exit(FAILED)


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
    say_misquoted(await opened.stores.check_golden_set.misquoted(golden))
    with progress("Asking", total=len(golden.cases)) as step:
        return await opened.evaluate(golden, advance=lambda _: step())
