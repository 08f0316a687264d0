"""How does our own format say what a test set is?"""

import json
from dataclasses import replace
from typing import Final

from rag.adapters.test_sets.fields import Fields, fields_of
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet

SET_FIELDS: Final = ("name", "about", "cases")
CASE_FIELDS: Final = ("id", "kind", "question", "after", "evidence", "answers")
EVIDENCE_FIELDS: Final = ("source", "quote", "grade")


def read_json(text: str, *, file: str) -> GoldenSet:
    """This will read a test set.

    Raises:
        InvalidTestSetError: it is malformed.
    """
    fields = fields_of(text, file=file)
    fields.refuse_others(SET_FIELDS)
    return GoldenSet(
        name=fields.text("name"),
        about=fields.optional_text("about") or "",
        cases=tuple(case_of(one, number) for number, one in enumerate(fields.inner_list("cases"), start=1)),
    )


def case_of(fields: Fields, number: int) -> Case:
    """This will read the `number`-th case of a file."""
    fields = replace(fields, place=f"case number {number}")
    fields = replace(fields, place=f"case {fields.text('id')}")
    fields.refuse_others(CASE_FIELDS)
    return Case(
        id=fields.text("id"),
        question=fields.text("question"),
        kind=kind_of(fields),
        evidence=tuple(_evidence_of(one) for one in fields.inner_list("evidence")),
        answers=fields.texts("answers"),
        after=fields.texts("after"),
    )


def kind_of(fields: Fields) -> CaseKind:
    """This will read a case's kind."""
    name = fields.text("kind")
    if name not in set(CaseKind):
        raise fields.fault("kind", f"It is {name!r}, but must be one of {', '.join(CaseKind)}.")
    return CaseKind(name)


def _evidence_of(fields: Fields) -> ExpectedEvidence:
    fields.refuse_others(EVIDENCE_FIELDS)
    return ExpectedEvidence(
        source=fields.text("source"),
        quote=fields.optional_text("quote"),
        grade=fields.whole_number("grade", default=1),
    )


def json_of(golden: GoldenSet) -> str:
    """This will write a test set: a line a field, so that two versions can be compared line by line."""
    shape = {
        "name": golden.name,
        "about": golden.about,
        "cases": [case_shape(case) for case in golden.cases],
    }
    return json.dumps(shape, indent=2, ensure_ascii=False) + "\n"


def case_shape(case: Case) -> dict[str, object]:
    """This will give a case as JSON has it, without what is empty."""
    shape: dict[str, object] = {
        "id": case.id,
        "kind": case.kind.value,
        "question": case.question,
        "after": list(case.after),
        "evidence": [_evidence_shape(piece) for piece in case.evidence],
        "answers": list(case.answers),
    }
    return {name: value for name, value in shape.items() if value}


def _evidence_shape(piece: ExpectedEvidence) -> dict[str, object]:
    shape: dict[str, object] = {"source": piece.source}
    if piece.quote is not None:
        shape["quote"] = piece.quote
    if piece.grade != 1:
        shape["grade"] = piece.grade
    return shape
