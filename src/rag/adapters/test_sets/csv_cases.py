"""How does a table say what a test set is?"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rag.adapters.test_sets.fields import whole_number_in
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet, InvalidTestSetError, id_for

COLUMNS: Final = ("id", "kind", "question", "after", "source", "quote", "grade", "answers")
BETWEEN: Final = "|"  # stands between several values in one cell


def read_csv(text: str, *, file: str, name: str) -> GoldenSet:
    """This will read a table with a line of headings; between cells stand commas, semicolons or tabs.

    Raises:
        InvalidTestSetError: it is malformed; the line and the column are named.
    """
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        headings = [heading.strip().lower() for heading in rows.fieldnames or ()]
        rows.fieldnames = headings
        _check_headings(headings, file=file)
        cases = [_case_of(row, file=file, line=rows.line_num) for row in rows]
    except csv.Error as error:
        raise InvalidTestSetError(
            f"It is no table: {error}.", file=file, place=f"line {rows.line_num}"
        ) from error
    return GoldenSet(name=name, about="", cases=_named(cases))


def _named(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Give ids where the table has none; not by lines, whose numbers change with the rows above."""
    taken = {case.id for case in cases}
    named = []
    for case in cases:
        name = case.id or id_for(case.question, taken=taken)
        taken.add(name)
        named.append(replace(case, id=name))
    return tuple(named)


def _delimiter(text: str) -> str:
    headings = text.partition("\n")[0]
    return max((",", ";", "\t"), key=headings.count)


def _check_headings(headings: list[str], *, file: str) -> None:
    if "question" not in headings:
        raise InvalidTestSetError("The column is missing.", file=file, place="line 1", field="question")
    for heading in headings:
        if heading not in COLUMNS:
            reason = f"The column is not known; known are {', '.join(COLUMNS)}."
            raise InvalidTestSetError(reason, file=file, place="line 1", field=heading)
        if headings.count(heading) > 1:
            raise InvalidTestSetError("The column is there twice.", file=file, place="line 1", field=heading)


def _case_of(row: Mapping[str | None, object], *, file: str, line: int) -> Case:
    place = f"line {line}"
    if None in row:
        raise InvalidTestSetError("It has more cells than there are headings.", file=file, place=place)
    cells = {str(name): str(value or "").strip() for name, value in row.items()}
    if not cells["question"]:
        raise InvalidTestSetError("It is empty.", file=file, place=place, field="question")
    return Case(
        id=cells.get("id", ""),
        question=cells["question"],
        kind=_kind_of(cells, file=file, place=place),
        evidence=_evidence_of(cells, file=file, place=place),
        answers=_parts(cells.get("answers", "")),
        after=_parts(cells.get("after", "")),
    )


def _kind_of(cells: Mapping[str, str], *, file: str, place: str) -> CaseKind:
    named = cells.get("kind", "")
    if named and named not in set(CaseKind):
        reason = f"It is {named!r}, but must be one of {', '.join(CaseKind)}."
        raise InvalidTestSetError(reason, file=file, place=place, field="kind")
    if named:
        return CaseKind(named)
    if cells.get("after"):
        return CaseKind.FOLLOW_UP
    return CaseKind.ANSWERABLE if cells.get("source") else CaseKind.UNANSWERABLE


def _evidence_of(cells: Mapping[str, str], *, file: str, place: str) -> tuple[ExpectedEvidence, ...]:
    """Pair sources, quotes and grades; one source or grade serves for all quotes."""
    sources, quotes = _parts(cells.get("source", "")), _parts(cells.get("quote", ""))
    grades = [
        whole_number_in(part, file=file, place=place, field="grade")
        for part in _parts(cells.get("grade", ""))
    ] or [1]
    count = max(len(sources), len(quotes))
    for field, given in (("source", len(sources)), ("quote", len(quotes) or count), ("grade", len(grades))):
        if given != count and not (given == 1 and field != "quote"):
            reason = f"It has {given} parts where {count} are needed."
            raise InvalidTestSetError(reason, file=file, place=place, field=field)
    return tuple(
        ExpectedEvidence(
            source=sources[at] if len(sources) > 1 else sources[0],
            quote=quotes[at] if quotes else None,
            grade=grades[at] if len(grades) > 1 else grades[0],
        )
        for at in range(count)
    )


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(BETWEEN) if part.strip())
