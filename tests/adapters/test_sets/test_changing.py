"""Changes of one test set wait for one another."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rag.adapters.test_sets import FileTestSets, changing
from rag.domain.golden import Case, CaseKind, GoldenSet
from rag.ports.test_sets import UnwritableFileError


def grow(path: Path, name: str) -> None:
    """Add a case, as somebody does who reads, adds and writes."""
    sets = FileTestSets()
    with sets.changing(path):
        golden = sets.read(path)
        sets.write(path, replace(golden, cases=(*golden.cases, Case(name, "Why?", CaseKind.UNANSWERABLE))))


def test_no_case_is_lost_when_many_add_at_once(tmp_path: Path) -> None:
    """Through a link as well; and no lock is left in the folder."""
    path, link = tmp_path / "set.json", tmp_path / "folder" / "link.json"
    link.parent.mkdir()
    link.symlink_to(path)
    FileTestSets().write(path, GoldenSet("mine", "", (Case("0", "Why?", CaseKind.UNANSWERABLE),)))
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(grow, path if number % 2 else link, str(number)) for number in range(1, 25)]:
            done.result()
    assert {case.id for case in FileTestSets().read(path).cases} == {str(number) for number in range(25)}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "set.json"]


def test_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of waiting for ever."""
    monkeypatch.setattr(changing, "PATIENCE_SECONDS", 0.05)
    sets = FileTestSets()
    with (
        sets.changing(tmp_path / "set.json"),
        pytest.raises(UnwritableFileError, match="Somebody else"),
        sets.changing(tmp_path / "set.json"),
    ):
        pass


def test_a_folder_that_is_not_there_or_links_in_a_circle_are_told(tmp_path: Path) -> None:
    """As for every file that cannot be written."""
    (tmp_path / "a.json").symlink_to(tmp_path / "b.json")
    (tmp_path / "b.json").symlink_to(tmp_path / "a.json")
    for path in (tmp_path / "nowhere" / "set.json", tmp_path / "a.json"):
        with pytest.raises(UnwritableFileError), FileTestSets().changing(path):
            pass
