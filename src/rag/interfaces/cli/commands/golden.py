"""rag golden: check the questions that answers are measured with, and add new ones."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.interfaces.cli.commands.evaluate import OWN_TEST_SET
from rag.interfaces.cli.commands.golden_promote import promote
from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.golden_sets import (
    Kind,
    TestSet,
    add,
    case_shape,
    golden_at,
    golden_to_grow,
    place_of,
    say_added,
    say_case,
)
from rag.interfaces.cli.options import DryRun, Json, examples
from rag.interfaces.cli.output import counted, say, say_json, say_paragraph
from rag.interfaces.cli.session import run, stores

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.services.check_golden_set import Complaint

EXAMPLE_ID = "71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5"

AskedText = Annotated[str, typer.Option("--question", metavar="TEXT", help="What is asked.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="The document that holds the answer; may be repeated."),
]
Quotes = Annotated[
    list[str] | None,
    typer.Option("--quote", metavar="TEXT", help="Its words, for each --source in the same order."),
]
Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="TEXT", help="A short accepted answer; may be repeated."),
]
Earlier = Annotated[
    list[str] | None,
    typer.Option("--after", metavar="TEXT", help="A question asked before it; may be repeated."),
]
Id = Annotated[
    str | None, typer.Option("--id", metavar="NAME", help="Its name. [default: of the question's words]")
]


def register(app: typer.Typer) -> None:
    """This will add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Check and grow the set of questions to measure with.",
    )
    group.command(
        "check", epilog=examples("rag golden check", "rag golden check --test-set questions.json --json")
    )(check)
    group.command(
        "add",
        epilog=examples(
            'rag golden add --question "How long may a question be?" --source tutorial/ask-over-http.md '
            '--quote "A question may have up to 2,000 characters." --answer "2,000 characters"',
            'rag golden add --question "Who is the works council?" --kind unanswerable',
        ),
    )(add_case)
    group.command(
        "promote",
        epilog=examples(
            "rag golden promote --list",
            f"rag golden promote {EXAMPLE_ID}",
            f'rag golden promote {EXAMPLE_ID} --evidence 1,3 --answer "thirty days"',
            f'rag golden promote {EXAMPLE_ID} --evidence 1,3 --answer "thirty days" --kind answerable',
            f"rag golden promote {EXAMPLE_ID} --unanswerable",
        ),
    )(promote)
    app.add_typer(group, name="golden")


def check(test_set: TestSet = None, as_json: Json = False) -> None:
    """Check that every document and quote of a test set is in the library, and that no question is repeated.

    The exit code is 1 when something is wrong.
    """
    run(_check(place_of(test_set, own=OWN_TEST_SET), as_json=as_json))


async def _check(path: Path, *, as_json: bool) -> None:
    golden = await asyncio.to_thread(golden_at, path)
    async with stores() as opened:
        complaints = await opened.check_golden_set(golden)
    if as_json:
        say_json([_shape(complaint) for complaint in complaints])
    else:
        _say(complaints)
        wrong = f"{counted(len(complaints), 'fault')} in" if complaints else "Nothing is wrong with"
        say(f"{wrong} {counted(len(golden.cases), 'case')} of {path}.")
    if complaints:
        raise typer.Exit(FAILED)


def _say(complaints: "Sequence[Complaint]") -> None:
    for complaint in complaints:
        say_paragraph(f"{complaint.case_id}: {complaint.reason}")
        if complaint.nearest:
            say_paragraph(f"Nearest: {complaint.nearest}", indent=4)


def _shape(complaint: "Complaint") -> dict[str, str | None]:
    return {"case": complaint.case_id, "reason": complaint.reason, "nearest": complaint.nearest}


def add_case(  # noqa: PLR0913 - each argument is an option of the command line
    *,
    question: AskedText,
    source: Sources = None,
    quote: Quotes = None,
    answer: Answers = None,
    after: Earlier = None,
    kind: Kind = None,
    case_id: Id = None,
    test_set: TestSet = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add one case, after the same checks.

    A case without a source is one that the documents do not answer, and is added only as --kind unanswerable.
    A test set that is not there is begun.
    """
    from rag.services.grow_golden_set import kind_of  # noqa: PLC0415 - `rag --help` must not wait

    path = place_of(test_set, own=OWN_TEST_SET)
    evidence = _evidence(source or [], quote or [])
    if not evidence and kind is not CaseKind.UNANSWERABLE:
        raise typer.BadParameter(
            "Say where the answer stands, or --kind unanswerable.", param_hint="--source"
        )
    case = Case(
        id=case_id or "",
        question=question,
        kind=kind or kind_of(evidence, after=after or ()),
        evidence=evidence,
        answers=tuple(answer or ()),
        after=tuple(after or ()),
    )
    golden_to_grow(path)  # a set that cannot be read is told before anything is started
    run(_add(case, path, dry_run=dry_run, as_json=as_json))


def _evidence(sources: Sequence[str], quotes: Sequence[str]) -> tuple[ExpectedEvidence, ...]:
    if len(sources) == 1 and not quotes:
        return (ExpectedEvidence(sources[0]),)
    if len(sources) != len(quotes):
        raise typer.BadParameter("Each --source needs its --quote.", param_hint="--quote")
    return tuple(ExpectedEvidence(source, quote) for source, quote in zip(sources, quotes, strict=True))


async def _add(case: Case, path: Path, *, dry_run: bool, as_json: bool) -> None:
    async with stores() as opened:
        case = await add(case, path, check=opened.check_golden_set, dry_run=dry_run)
    if as_json:
        say_json(case_shape(case))
    else:
        say_case(case)
    say_added(path, dry_run=dry_run)
