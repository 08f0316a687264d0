"""Which golden set does a command mean, and how are its cases shown?"""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.domain.golden import Case, CaseKind, GoldenSet, id_for
from rag.interfaces.cli.output import note, say, say_paragraph
from rag.interfaces.cli.shapes import Shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.services.check_golden_set import CheckGoldenSet

TestSet = Annotated[
    Path | None,
    typer.Option("--test-set", metavar="FILE", help="The test set. [default: data/eval/golden_set.json]"),
]
Kind = Annotated[
    CaseKind | None, typer.Option("--kind", help="Its kind; without it, the rest of the case tells.")
]
ABOUT_NEW = "Questions with known answers."


def place_of(test_set: Path | None, *, own: Path) -> Path:
    """This will give the test set that was named, or the project's own.

    Raises:
        typer.BadParameter: none was named, and this is no checkout of the project.
    """
    if test_set is None and not own.is_file():
        raise typer.BadParameter(
            "The project's own test set is not here; name yours.", param_hint="--test-set"
        )
    return test_set or own


def golden_at(path: Path) -> GoldenSet:
    """This will read a test set.

    Raises:
        NoSuchPathError, InvalidTestSetError: it cannot be used.
    """
    from rag.bootstrap import test_sets_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    return test_sets_on_disk().read(path)


def golden_to_grow(path: Path) -> GoldenSet:
    """This will read a test set, or start one where there is no file yet.

    Raises:
        InvalidTestSetError: there is one, and it cannot be used.
    """
    return golden_at(path) if path.exists() else GoldenSet(path.stem, ABOUT_NEW, ())


async def add(case: Case, path: Path, *, check: "CheckGoldenSet", dry_run: bool) -> Case:
    """This will check a case, write it into the set unless it is a dry run, and give it as it was written.

    A case whose id is empty is named by its question. Who adds at the same time waits, so that no case is
    lost and no name is given twice.

    Raises:
        CaseRefusedError: it cannot be added.
        UnwritableFileError: the disk does not take it.
    """
    from rag.bootstrap import test_sets_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it
    from rag.services.grow_golden_set import AddCase  # noqa: PLC0415 - the same

    test_sets = test_sets_on_disk()
    with ExitStack() as stack:
        if not dry_run:
            await asyncio.to_thread(stack.enter_context, test_sets.changing(path))
        golden = await asyncio.to_thread(golden_to_grow, path)
        name = case.id or id_for(case.question, taken={one.id for one in golden.cases})
        named = replace(case, id=name)
        grown = await AddCase(check=check)(golden, named)
        if not dry_run:
            await asyncio.to_thread(test_sets.write, path, grown)
    return named


def case_shape(case: Case) -> Shape:
    """This will give a case as `--json` prints it."""
    return {
        "id": case.id,
        "kind": case.kind.value,
        "question": case.question,
        "after": list(case.after),
        "evidence": [
            {"source": piece.source, "quote": piece.quote, "grade": piece.grade} for piece in case.evidence
        ],
        "answers": list(case.answers),
    }


def say_case(case: Case) -> None:
    """This will print a case."""
    say(f"{case.id} ({case.kind.value})")
    for earlier in case.after:
        say_paragraph(f"After: {earlier}", indent=2)
    say_paragraph(f"Question: {case.question}", indent=2)
    for piece in case.evidence:
        quoted = f": “{piece.quote}”" if piece.quote else ""
        say_paragraph(f"Evidence: {piece.source}{quoted}", indent=2)
    for answer in case.answers:
        say_paragraph(f"Answer: {answer}", indent=2)


def say_added(path: Path, *, dry_run: bool) -> None:
    """This will say whether a case was written, and where."""
    note(f"It would be added to {path}. Nothing was written." if dry_run else f"Added to {path}.")
