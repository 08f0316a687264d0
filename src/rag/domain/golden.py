"""Which questions do we measure with, and what should be found and said?"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Final

from rag.domain.documents import sha256_hex
from rag.domain.errors import InvalidInputError
from rag.domain.words import folded

LEAST_EVIDENCES_OF_SEVERAL: Final = 2
LEAST_WORDS_AT_AN_EDGE: Final = 3  # fewer stand anywhere by chance
ID_WORDS: Final = 5
# A case that is not in a set yet needs an id only to be told apart from the others.
UNNAMED: Final = "candidate"


class CaseKind(StrEnum):
    """What a case asks of the service."""

    ANSWERABLE = "answerable"
    SEVERAL_PASSAGES = "several-passages"
    FOLLOW_UP = "follow-up"
    UNANSWERABLE = "unanswerable"


class InvalidTestSetError(InvalidInputError):
    """A test set cannot be used.

    Attributes:
        file: the file that is wrong.
        place: the case or the line in it, such as `case restore-backup` or `line 3`; None for all of it.
        field: the field that is wrong, if it is one.
    """

    code: ClassVar[str] = "test_set_invalid"
    advice: ClassVar[str] = "Correct the file where it says; docs/how-to/evaluate.md describes the formats."

    def __init__(self, reason: str, *, file: str, place: str | None = None, field: str | None = None) -> None:
        where = ", ".join(part for part in (file, place, field and f"field {field}") if part)
        super().__init__(f"{where}: {reason}")
        self.file = file
        self.place = place
        self.field = field


@dataclass(frozen=True, slots=True)
class ExpectedEvidence:
    """Where the answer stands.

    Attributes:
        source: the document's name.
        quote: words of its stored text; None where the whole document counts.
        grade: how much it is worth, from 1; more is better.
    """

    source: str
    quote: str | None = None
    grade: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what should be found and said.

    Attributes:
        evidence: all places that hold the answer, or a part of it; none when it is unanswerable.
        answers: accepted answers; any of them will do, and none means that answers are not judged.
        after: the earlier questions of its session, oldest first.
    """

    id: str
    question: str
    kind: CaseKind
    evidence: tuple[ExpectedEvidence, ...] = ()
    answers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """Questions whose right answers are known."""

    name: str
    about: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a case, and in which of its fields."""

    field: str
    reason: str


def fault_of(case: Case) -> Fault | None:
    """Tell what contradicts itself in a case, if anything does.

    >>> fault_of(Case("a", "Why?", CaseKind.ANSWERABLE))
    Fault(field='evidence', reason='It needs evidence: say where the answer stands.')
    """
    for field, text in (("id", case.id), ("question", case.question)):
        if not text.strip():
            return Fault(field, "It is empty.")
    if any(not earlier.strip() for earlier in case.after):
        return Fault("after", "One of the earlier questions is empty.")
    if case.kind is CaseKind.UNANSWERABLE:
        return _fault_of_unanswerable(case)
    return _fault_of_answerable(case) or _fault_of_evidence(case.evidence)


def _fault_of_unanswerable(case: Case) -> Fault | None:
    if case.evidence:
        return Fault("evidence", "An unanswerable case has none.")
    if case.answers:
        return Fault("answers", "An unanswerable case has none.")
    return None


def _fault_of_answerable(case: Case) -> Fault | None:
    if not case.evidence:
        return Fault("evidence", "It needs evidence: say where the answer stands.")
    if case.kind is CaseKind.SEVERAL_PASSAGES and len(case.evidence) < LEAST_EVIDENCES_OF_SEVERAL:
        return Fault("evidence", "A case of several passages needs at least 2 pieces of evidence.")
    if case.kind is CaseKind.FOLLOW_UP and not case.after:
        return Fault("after", "A follow-up needs the questions that came before it.")
    return None


def _fault_of_evidence(evidence: Sequence[ExpectedEvidence]) -> Fault | None:
    for piece in evidence:
        if not piece.source.strip():
            return Fault("source", "It is empty.")
        if piece.quote is not None and not piece.quote.strip():
            return Fault("quote", "It is empty; leave it out where the whole document counts.")
        if piece.grade < 1:
            return Fault("grade", f"It is {piece.grade}, but must be 1 or more.")
    if len({(piece.source, folded(piece.quote or "")) for piece in evidence}) < len(evidence):
        return Fault("evidence", "The same piece stands there twice.")
    return None


def is_found_in(evidence: ExpectedEvidence, *, source: str, text: str) -> bool:
    r"""Tell whether a passage holds the evidence.

    It does when it is of the same document and the quote is in its text, white space folded and case kept.
    A quote that a passage's edge cuts counts where at least half of its words, and three, stand at that edge.

    >>> quote = ExpectedEvidence("a.md", "Restart the engine first.")
    >>> is_found_in(quote, source="a.md", text="Then: Restart\n the engine first.")
    True
    >>> is_found_in(quote, source="a.md", text="If it is slow: Restart the engine")
    True
    >>> is_found_in(quote, source="b.md", text="Restart the engine first.")
    False
    """
    if evidence.source != source:
        return False
    if evidence.quote is None:
        return True
    if folded(evidence.quote) in folded(text):
        return True
    quoted, words = evidence.quote.split(), text.split()
    least = max(LEAST_WORDS_AT_AN_EDGE, (len(quoted) + 1) // 2)
    return any(
        words[-count:] == quoted[:count] or words[:count] == quoted[-count:]
        for count in range(least, len(quoted))
        if count <= len(words)
    )


def id_for(question: str, *, taken: Collection[str]) -> str:
    """Make an id of a question's first words, with a number where it is taken.

    >>> id_for("How long is the notice period?", taken={"how-long-is-the-notice"})
    'how-long-is-the-notice-2'
    """
    words = re.findall(r"\w+", question.casefold())[:ID_WORDS]
    name = "-".join(words) or UNNAMED
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def part_of(golden: GoldenSet, limit: int) -> GoldenSet:
    """Keep at most `limit` cases, spread over the set, and always the same ones.

    A case is chosen by its id alone, so that a set that grows keeps most of its part.

    >>> cases = tuple(Case(str(number), "Why?", CaseKind.UNANSWERABLE) for number in range(9))
    >>> [case.id for case in part_of(GoldenSet("a", "", cases), 3).cases]
    ['3', '4', '8']
    """
    ranked = sorted(golden.cases, key=lambda case: sha256_hex(case.id.encode(errors="backslashreplace")))
    chosen = {case.id for case in ranked[:limit]}
    return replace(golden, cases=tuple(case for case in golden.cases if case.id in chosen))
