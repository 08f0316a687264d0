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

    The exit code is 1 when that share is below --least, or when a question got no reply. Choose --least a
    little below what the first run shows for your own set. Questions that lean on earlier ones, or that have
    no answer, are left out, and after 5 failures in a row the rest of them. Nothing enters the query log.
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
    if done.failures or done.recall is None or done.recall < least:
        raise typer.Exit(FAILED)


def _cases(test_set: Path | None) -> "Sequence[Case]":
    # Loaded here, not above: `rag --help` must not wait for what these modules bring.
    from rag.bootstrap import load_settings, read_canary_cases  # noqa: PLC0415

    path = test_set or load_settings().canary_test_set
    if path is None:
        raise typer.BadParameter("Name a test set, or set RAG_CANARY_TEST_SET.", param_hint="--test-set")
    return read_canary_cases(path)


async def _here(cases: "Sequence[Case]") -> "CanaryRun":
    from rag.bootstrap import canary_here  # noqa: PLC0415 - `rag --help` must not wait for it

    async with application() as opened:
        return await _asked(canary_here(opened), cases)


async def _over_http(url: str, cases: "Sequence[Case]") -> "CanaryRun":
    # Loaded here, not above: `rag --help` must not wait for what these modules bring.
    import httpx  # noqa: PLC0415

    from rag.bootstrap import canary_over_http  # noqa: PLC0415

    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        return await _asked(canary_over_http(client, rest=0.0), cases)


async def _asked(canary: "RunCanary", cases: "Sequence[Case]") -> "CanaryRun":
    def failed(case: "Case", error: "RagError") -> None:
        note(f"{case.id}: {error}")

    with waiting(f"Asking {counted(len(cases), 'question')} …"):
        return await canary(cases, failed=failed)


def _say(done: "CanaryRun") -> None:
    if done.recall is None:
        note("Nothing was found: no question got a reply, or there are no documents yet.")
        return
    missed = f"; not all of the evidence of: {', '.join(done.missed)}" if done.missed else ""
    say(f"recall@5 {done.recall:.3f} over {counted(done.questions - done.failures, 'question')}{missed}")
