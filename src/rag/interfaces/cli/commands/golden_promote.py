"""rag golden promote: make a case of a logged question, with a person's word for what its answer is."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from rag.domain.golden import Case, CaseKind, id_for
from rag.domain.ranking import Passage
from rag.domain.words import folded
from rag.interfaces.cli.commands.ask import say_answer
from rag.interfaces.cli.commands.evaluate import OWN_TEST_SET
from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.golden_sets import (
    Kind,
    TestSet,
    add,
    case_shape,
    golden_to_grow,
    place_of,
    say_added,
    say_case,
)
from rag.interfaces.cli.options import DryRun, Json
from rag.interfaces.cli.output import note, printable, say, say_json, say_paragraph, say_table
from rag.interfaces.cli.session import application, run

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.bootstrap import Application
    from rag.domain.golden import GoldenSet
    from rag.ports.journal import Feedback, RatedQuery
    from rag.services.grow_golden_set import Candidate

LOW: Final = 3.0
NONE: Final = "none"

QueryLogId = Annotated[
    UUID | None,
    typer.Argument(metavar="[QUERY_LOG_ID]", help="The answer's id; --list shows low-rated ones."),
]
ListThem = Annotated[bool, typer.Option("--list", help="List low-rated questions that no case asks yet.")]
Below = Annotated[
    float, typer.Option("--rating-below", min=1, max=6, help="With --list: what counts as low.")
]
Limit = Annotated[
    int, typer.Option("--limit", min=1, max=1000, help="With --list: how many ratings to read.")
]
Evidence = Annotated[
    str | None,
    typer.Option("--evidence", metavar="1,3", help="The numbers of the passages that hold the answer."),
]
Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="TEXT", help="A short accepted answer; may be repeated."),
]
Unanswerable = Annotated[
    bool, typer.Option("--unanswerable", help="The documents do not answer it: it should be declined.")
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask; add it also when no named passage holds an answer.")
]


@dataclass(frozen=True, slots=True)
class Word:
    """What the person said of a candidate; nothing said yet is None.

    Attributes:
        numbers: the passages that hold the evidence; none for a question that should be declined.
        asked: some of it was asked for, so that what was made of it is to be confirmed.
        kind: the case's kind, where it is not to be told by the rest.
        sure: there is nothing to confirm.
    """

    numbers: tuple[int, ...] | None
    answers: tuple[str, ...]
    asked: bool = False
    kind: CaseKind | None = None
    sure: bool = False


def promote(  # noqa: PLR0913 - each argument is an option of the command line
    query_log_id: QueryLogId = None,
    *,
    list_them: ListThem = False,
    rating_below: Below = LOW,
    limit: Limit = 20,
    evidence: Evidence = None,
    answer: Answers = None,
    unanswerable: Unanswerable = False,
    kind: Kind = None,
    test_set: TestSet = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make a case of a question that was answered badly.

    It shows the question, its answer and ratings, and the passages that are found today. The case is added
    only when you have said which passages hold the evidence, and what the answer is: here, or when asked.
    """
    path = place_of(test_set, own=OWN_TEST_SET)
    if list_them:
        run(_list(path, below=rating_below, limit=limit, as_json=as_json))
        return
    if query_log_id is None:
        raise typer.BadParameter("Name an entry of the query log, or --list.", param_hint="QUERY_LOG_ID")
    if unanswerable and kind not in {None, CaseKind.UNANSWERABLE}:
        raise typer.BadParameter("With --unanswerable, that is its kind.", param_hint="--kind")
    word = _word(evidence, answer or (), unanswerable=unanswerable or kind is CaseKind.UNANSWERABLE)
    word = replace(word, kind=kind, sure=yes)
    run(_promote(query_log_id, path, word=word, dry_run=dry_run, as_json=as_json))


def _word(evidence: str | None, answers: Sequence[str], *, unanswerable: bool) -> Word:
    if unanswerable:
        if evidence or answers:
            raise typer.BadParameter("It has neither evidence nor answers.", param_hint="--unanswerable")
        return Word((), ())
    return Word(None if evidence is None else _numbers(evidence, param_hint="--evidence"), tuple(answers))


def _numbers(words: str, *, param_hint: str | None = None) -> tuple[int, ...]:
    parts = words.replace(",", " ").split()
    if not parts or not all(part.isdecimal() for part in parts):
        raise typer.BadParameter(f"{words!r} is no list of numbers such as 1,3.", param_hint=param_hint)
    return tuple(int(part) for part in parts)


async def _list(path: Path, *, below: float, limit: int, as_json: bool) -> None:
    golden = await asyncio.to_thread(golden_to_grow, path)
    async with application() as opened:
        rated = await opened.promote_query.low_rated(golden, below=below, limit=limit)
    if as_json:
        say_json([_rated_shape(one) for one in rated])
    elif not rated:
        note(f"No question that was rated below {below:g} is missing in {path}.")
    else:
        say_table(
            ["ID", "RATING", "ASKED", "QUESTION", "COMMENT"],
            [
                [
                    one.record.id,
                    one.feedback.rating,
                    f"{one.record.asked_at:%Y-%m-%d %H:%M}",
                    one.record.question.text,
                    one.feedback.comment,
                ]
                for one in rated
            ],
            folds=["QUESTION", "COMMENT"],
        )


def _rated_shape(one: "RatedQuery") -> dict[str, object]:
    return {
        "query_log_id": str(one.record.id),
        "question": one.record.question.text,
        "asked_at": one.record.asked_at.isoformat(),
        "rating": one.feedback.rating,
        "comment": one.feedback.comment,
    }


async def _promote(query_log_id: UUID, path: Path, *, word: Word, dry_run: bool, as_json: bool) -> None:
    golden = await asyncio.to_thread(golden_to_grow, path)
    async with application() as opened:
        candidate = await opened.promote_query.look(query_log_id)
        if not as_json:
            _say_candidate(candidate)
        word = _completed(word, can_ask=not as_json and sys.stdin.isatty())
        case = await _case(opened, candidate, word, golden=golden)
        if not as_json:
            say_case(case)
        _confirm(word, candidate, can_ask=not as_json and sys.stdin.isatty())
        # The set may have grown while a person was thinking, so the name shown may be taken by now.
        added = await add(replace(case, id=""), path, check=opened.stores.check_golden_set, dry_run=dry_run)
        if added.id != case.id:
            note(f"Its id is {added.id}.")
    if as_json:
        say_json(case_shape(added))
    say_added(path, dry_run=dry_run)


def _confirm(word: Word, candidate: "Candidate", *, can_ask: bool) -> None:
    """Have a person look once more at what was made of his word, and at an answer that stands nowhere."""
    if word.sure:
        return
    unheard = bool(word.answers) and not candidate.answers_in(word.numbers or (), answers=word.answers)
    remark = f"None of the named passages holds “{'” or “'.join(word.answers)}”." if unheard else ""
    if unheard and not can_ask:
        from rag.services.grow_golden_set import CaseRefusedError  # noqa: PLC0415 - see `_case`

        raise CaseRefusedError([f"{remark} If it is right all the same, say --yes."])
    if (unheard or word.asked) and not typer.confirm(f"{remark} Add it?".strip(), err=True):
        note("Nothing was added.")
        raise typer.Exit(FAILED)


async def _case(opened: "Application", candidate: "Candidate", word: Word, *, golden: "GoldenSet") -> Case:
    from rag.services.grow_golden_set import kind_of  # noqa: PLC0415 - `rag --help` must not wait

    evidence = await opened.promote_query.evidence(candidate, word.numbers or (), answers=word.answers)
    return Case(
        id=id_for(candidate.question, taken={one.id for one in golden.cases}),
        question=candidate.question,
        kind=word.kind or kind_of(evidence, after=candidate.after),
        evidence=evidence,
        answers=word.answers,
        after=candidate.after,
    )


def _completed(word: Word, *, can_ask: bool) -> Word:
    """Ask for what was not said on the command line; where nobody can be asked, nothing is added."""
    if word.numbers is not None and (word.answers or not word.numbers):
        return word
    if not can_ask:
        raise typer.BadParameter(
            "Say which passages hold the evidence, and give the --answer; or say --unanswerable.",
            param_hint="--evidence",
        )
    numbers = word.numbers
    if numbers is None:
        told = typer.prompt(f"Which passages hold the evidence (such as 1,3, or {NONE})?", err=True)
        numbers = () if told.strip().casefold() == NONE else _numbers(told)
    if numbers and not word.answers:
        told = typer.prompt("What is the short right answer?", err=True)
        return replace(word, numbers=numbers, answers=(told.strip(),), asked=True)
    return replace(word, numbers=numbers, answers=word.answers if numbers else (), asked=True)


def _say_candidate(candidate: "Candidate") -> None:
    record = candidate.record
    say_paragraph(record.question.text, style="bold")
    for earlier in candidate.after:
        say_paragraph(f"After: {earlier}", indent=2)
    if record.read_as:
        say_paragraph(f"Read as: {record.read_as}", indent=2)
    say()
    say_answer(record)
    say()
    for feedback in candidate.ratings:
        _say_rating(feedback)
    say("Found today:")
    for number, passage in enumerate(candidate.passages, start=1):
        _say_passage(number, passage)
    if not candidate.passages:
        say("  nothing")
    say()


def _say_rating(feedback: "Feedback") -> None:
    comment = f": {feedback.comment}" if feedback.comment else ""
    say_paragraph(f"Rated {feedback.rating} of 5{comment}")


def _say_passage(number: int, passage: Passage) -> None:
    place = ", ".join(part for part in (passage.source, passage.chunk.section) if part)
    say(f"  {number}. {printable(place)}")
    say_paragraph(folded(passage.chunk.text), indent=5)
