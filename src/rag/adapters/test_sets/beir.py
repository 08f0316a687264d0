"""How does a folder in BEIR's layout say what a test set is?"""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Final

from rag.adapters.test_sets.disk import text_of
from rag.adapters.test_sets.fields import Fields, fields_of, whole_number_in
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, GoldenSet, InvalidTestSetError

COLUMNS: Final = 3  # question, document, grade


def read_beir(folder: Path) -> GoldenSet:
    """This will read `queries.jsonl`, the judgements in `qrels/`, and `qa.jsonl` where it is there.

    A judged document counts as a whole. A question that `qa.jsonl` calls unanswerable is a case too; one that
    nobody judged is left out.

    Raises:
        NoSuchPathError: a file is missing.
        InvalidTestSetError: a file is malformed; the line is named.
    """
    questions = {row.text("_id"): row.text("text") for row in rows_of(folder / "queries.jsonl")}
    answers = _answers(folder / "qa.jsonl")
    judgements = _judgements(_judgement_file(folder / "qrels"), questions)
    return GoldenSet(
        name=folder.resolve().name,
        about=f"Judged documents of {folder.resolve().name}.",
        cases=tuple(
            case
            for name, question in questions.items()
            if (case := _case_of(name, question, judgements.get(name, {}), answers.get(name)))
        ),
    )


def source_of(document: str) -> str:
    """This will name a document of a corpus: where its id looks like a file's name, as a text's."""
    return f"{document}.txt" if PurePath(document).suffix else document


def rows_of(path: Path) -> Iterator[Fields]:
    """This will give the objects of a file with one a line."""
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            yield fields_of(line, file=str(path), line=number)


def _case_of(
    name: str, question: str, judged: Mapping[str, int], answers: tuple[str, ...] | None
) -> Case | None:
    """Make a case; `answers` is None where nothing is known of them, and empty where there are none."""
    evidence = tuple(ExpectedEvidence(source_of(document), grade=grade) for document, grade in judged.items())
    if evidence:
        return Case(name, question, CaseKind.ANSWERABLE, evidence, answers or ())
    return Case(name, question, CaseKind.UNANSWERABLE) if answers == () else None


def _answers(path: Path) -> dict[str, tuple[str, ...]]:
    """Read what answers each question; nothing where it has no answer."""
    if not path.exists():
        return {}
    answers: dict[str, tuple[str, ...]] = {}
    for row in rows_of(path):
        if not row.flag("answerable", default=True):
            answers[row.text("_id")] = ()
        elif row.texts("answers"):
            answers[row.text("_id")] = row.texts("answers")
    return answers


def _judgement_file(folder: Path) -> Path:
    preferred = folder / "test.tsv"
    found = sorted(folder.glob("*.tsv"))
    if preferred in found or not found:
        return preferred
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise InvalidTestSetError(f"Which of {names} is meant? Call it test.tsv.", file=str(folder))
    return found[0]


def _judgements(path: Path, questions: Mapping[str, str]) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and cells[-1].strip() == "score"):
            continue
        place = f"line {number}"
        if len(cells) != COLUMNS:
            reason = "A line has a question's id, a document's id and a grade, with tabs between."
            raise InvalidTestSetError(reason, file=str(path), place=place)
        question, document, grade = (cell.strip() for cell in cells)
        if question not in questions:
            reason = f"There is no question {question} in queries.jsonl."
            raise InvalidTestSetError(reason, file=str(path), place=place, field="query-id")
        worth = whole_number_in(grade, file=str(path), place=place, field="score")
        if worth > 0:
            judged.setdefault(question, {})[document] = worth
    return judged
