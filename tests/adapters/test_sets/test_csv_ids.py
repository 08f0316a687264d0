"""The ids of cases that a table does not name."""

from pathlib import Path

from rag.adapters.test_sets import FileTestSets


def test_a_row_put_in_front_of_a_table_changes_no_other_id(tmp_path: Path) -> None:
    """A baseline goes by ids, so each must stay with its question; an id that is written is never given."""
    path = tmp_path / "mine.csv"
    rows = [
        "How long is the notice period?,",
        "How long is the notice to be?,",
        "Who?,how-long-is-the-notice",
    ]
    path.write_text("\n".join(["question,id", *rows]), encoding="utf-8")
    before = [case.id for case in FileTestSets().read(path).cases]
    assert before == ["how-long-is-the-notice-2", "how-long-is-the-notice-3", "how-long-is-the-notice"]
    path.write_text("\n".join(["question,id", "When is lunch?,", *rows]), encoding="utf-8")
    assert [case.id for case in FileTestSets().read(path).cases] == ["when-is-lunch", *before]
