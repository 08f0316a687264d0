"""Grades in BEIR's judgements."""

from pathlib import Path

import pytest

from rag.adapters.test_sets import FileTestSets
from rag.domain.golden import InvalidTestSetError


def folder_with(folder: Path, grade: str) -> Path:
    """Write a set with one judgement below a sound one."""
    (folder / "qrels").mkdir()
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "Why?"}\n', encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(f"q\td0\t1\nq\td1\t{grade}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("grade", ["²", "--1", "-", "٣", "1.0", "high", "9" * 5000])
def test_a_grade_that_is_no_whole_number_is_told(tmp_path: Path, grade: str) -> None:
    """Not every character that Python calls a digit makes a number, and no number may be without end."""
    with pytest.raises(InvalidTestSetError, match="line 2, field score: It is ") as raised:
        FileTestSets().read(folder_with(tmp_path, grade))
    assert len(str(raised.value)) < len(str(tmp_path)) + 200


@pytest.mark.parametrize(("grade", "documents"), [("3", ["d0", "d1"]), ("0", ["d0"]), ("-1", ["d0"])])
def test_a_document_without_worth_is_no_evidence(tmp_path: Path, grade: str, documents: list[str]) -> None:
    """A grade of nothing or less says that the document does not answer."""
    (case,) = FileTestSets().read(folder_with(tmp_path, grade)).cases
    assert [piece.source for piece in case.evidence] == documents
