"""Is a file only called gone when it certainly is?"""

import os
from pathlib import Path

import pytest

from rag.adapters.folders import FolderFinder

FINDER = FolderFinder(reads=bool)


def test_what_is_there_is_not_gone(tmp_path: Path) -> None:
    """Only a path at which nothing is left is named."""
    (tmp_path / "a.md").write_text("A.")
    here, gone = str(tmp_path / "a.md"), str(tmp_path / "gone.md")
    assert FINDER.gone([here, gone], found=[], roots=[]) == {gone}


def test_missing_rights_are_no_deletion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can say whether a file is there, it is kept."""

    def locked(path: str) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    path = str(tmp_path / "gone.md")
    assert FINDER.gone([path], found=[], roots=[]) == {path}
    monkeypatch.setattr("rag.adapters.folders.absence.os.stat", locked)
    assert FINDER.gone([path], found=[], roots=[]) == frozenset()


def test_what_is_in_an_archive_may_be_there(tmp_path: Path) -> None:
    """Unless the archive was looked into, or is gone itself."""
    archive = tmp_path / "z.zip"
    archive.write_bytes(b"PK")
    inside = f"{archive}!/a.md"
    assert FINDER.gone([inside], found=[], roots=[]) == frozenset()
    assert FINDER.gone([inside], found=[], roots=[str(archive)]) == {inside}
    archive.unlink()
    assert FINDER.gone([inside], found=[], roots=[]) == {inside}
