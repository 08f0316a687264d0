"""rag canary: ask golden questions once, and see how many answers are found."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import counted, note, say, say_json, waiting
from rag.interfaces.cli.session import application, run

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from collections.abc import Sequence

    from rag.domain.canary import CanaryRun
    from rag.domain.errors import RagError
    from rag.domain.golden import Case
    from rag.services.run_canary import RunCanary

TestSet = Annotated[
    Path | None,
    typer.Option("--test-set", metavar="PATH", help="The golden questions; unset: RAG_CANARY_TEST_SET."),
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="ADDRESS", help="A running service; unset: search in this process."),
]
Least = Annotated[
    float, typer.Option("--least", min=0.0, max=1.0, help="The lowest recall that is well; below it, exit 1.")
]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        epilog=examples(
            "rag canary --test-set data/eval/golden_set.json --least 0.6",
            "rag canary --test-set data/eval/golden_set.json --url http://127.0.0.1:8000 --json",
        )
    )(canary)


def canary(*, url: Url = None, test_set: TestSet = None, least: Least = 0.0, as_json: Json = False) -> None:
    """Ask up to 60 golden questions once, and print the share of the evidence among the first 5 passages.

    The exit code is 1 when that share is 0 or below --least, when a document of the set is not in the
    library, or when a question got no reply. Choose --least a little below what the first run shows for your
    own set. Questions that lean on earlier ones, or that have no answer, are left out, and after 5 failures
    in a row the rest of them. Nothing enters the query log.
    """
    run(_canary(url, test_set, least=least, as_json=as_json))


async def _canary(url: str | None, test_set: Path | None, *, least: float, as_json: bool) -> None:
    cases = _cases(test_set)
    done = await (_over_http(url, cases) if url else _here(cases))
    if as_json:
        say_json(
            {
                "recall": done.recall,
                "questions": done.questions,
                "failures": done.failures,
                "unasked": done.unasked,
                "generation": done.generation,
                "missed": list(done.missed),
            }
        )
    else:
        _say(done)
    # Nothing at all is what a library without the set's documents finds, whatever --least says.
    if done.failures or not done.recall or done.recall < least:
        _say_what_next(done, least=least)
        raise typer.Exit(FAILED)


def _cases(test_set: Path | None) -> "Sequence[Case]":
    # Loaded here, not above: `rag --help` must not wait for what these modules bring.
    from rag.bootstrap import load_settings, read_canary_cases  # noqa: PLC0415

    path = test_set or load_settings().canary_test_set
    if path is None:
        raise typer.BadParameter("Name a test set, or set RAG_CANARY_TEST_SET.", param_hint="--test-set")
    return read_canary_cases(path)


async def _here(cases: "Sequence[Case]") -> "CanaryRun":
    # Loaded here, not above: `rag --help` must not wait for what these modules bring.
    from rag.bootstrap import canary_here  # noqa: PLC0415
    from rag.services.evaluate import verify_sources  # noqa: PLC0415

    async with application() as opened:
        await verify_sources(opened.stores.library, cases)
        return await _asked(canary_here(opened), cases)


async def _over_http(url: str, cases: "Sequence[Case]") -> "CanaryRun":
    # Loaded here, not above: `rag --help` must not wait for what these modules bring.
    import httpx  # noqa: PLC0415

    from rag.bootstrap import canary_over_http  # noqa: PLC0415

    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        return await _asked(canary_over_http(client, rest=0.0), cases)


async def _asked(canary: "RunCanary", cases: "Sequence[Case]") -> "CanaryRun":
    failed: dict[str, list[str]] = {}

    def remember(case: "Case", error: "RagError") -> None:
        failed.setdefault(f"{error} {error.advice}", []).append(case.id)

    with waiting(f"Asking {counted(len(cases), 'question')} …"):
        done = await canary(cases, failed=remember)
    for reason, ids in failed.items():  # a service that is down fails every question in the same way
        note(f"{', '.join(ids)}: {reason}")
    return done


def _say(done: "CanaryRun") -> None:
    if done.recall is None:
        if not done.failures:
            note("Nothing was found: there are no documents yet.")
        return
    missed = f"; not all of the evidence of: {', '.join(done.missed)}" if done.missed else ""
    say(f"recall@5 {done.recall:.3f} over {counted(done.questions - done.failures, 'question')}{missed}")


def _say_what_next(done: "CanaryRun", *, least: float) -> None:
    if done.recall is None:
        return
    if done.recall == 0:
        note("None of the evidence was found: is the test set one for this library?")
    if done.recall < least:
        note(f"The recall is below {least:g}; docs/runbook/low-retrieval-quality.md says where to go on.")
