"""`rag ingest` with archives, sidecars and --sync."""

import shutil
from pathlib import Path

import pytest

from tests.support.made_archives import zip_of
from tests.support.terminal import Terminal

DOCUMENTS = {
    "canteen.md": "# Canteen\n\nThe canteen opens at eleven.\n",
    "parking.md": "# Parking\n\nParking is free for visitors.\n",
    "stairs.md": "# Stairs\n\nUse the stairs when there is a fire.\n",
}


@pytest.fixture
def folder(rag: Terminal, tmp_path: Path) -> Path:
    """A folder with three documents, an archive and a sidecar, which the library holds."""
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bundle.zip").write_bytes(
        zip_of({"g/gate.md": b"# Gate\n\nThe gate closes at ten.", "x.exe": b""})
    )
    (tmp_path / "canteen.md.meta.yaml").write_text("title: Food\nteam: kitchen\n", encoding="utf-8")
    (tmp_path / "lost.md.meta.yaml").write_text("title: Nothing\n", encoding="utf-8")
    finished = rag("ingest", str(tmp_path), "--sync", "--json")
    assert finished.code == 0, finished.err
    assert finished.json["summary"]["added"] == 4
    assert "lost.md.meta.yaml describes a file that is not there" in finished.err
    assert "1 file of other formats passed over: bundle.zip/x.exe" in finished.err
    return tmp_path


def sources(rag: Terminal, folder: Path) -> dict[str, str]:
    """Name the documents of a folder with their titles."""
    listed = rag("documents", "list", "--json").json
    return {
        one["source"]: one["title"] for one in listed if (one["file_path"] or "").startswith(f"{folder}/")
    }


def test_a_sync_says_what_it_would_do_and_then_does_it(rag: Terminal, folder: Path) -> None:
    """Archives and sidecars are taken in; a dry run names every change and makes none."""
    before = sources(rag, folder)
    assert before == {
        "bundle.zip/g/gate.md": "Gate",
        "canteen.md": "Food",
        "parking.md": "Parking",
        "stairs.md": "Stairs",
    }
    (folder / "rooms").mkdir()
    (folder / "parking.md").rename(folder / "rooms" / "parking.md")
    (folder / "bundle.zip").unlink()
    (folder / "canteen.md.meta.yaml").unlink()
    (folder / "stairs.md").write_text(" ", encoding="utf-8")
    planned = rag("ingest", str(folder), "--sync", "--dry-run")
    assert planned.code == 0
    assert planned.out.splitlines() == [
        "changed   canteen.md",
        "changed   stairs.md",
        "moved     rooms/parking.md (was parking.md)",
        "deleted   bundle.zip/g/gate.md",
        "It would be: 0 added, 2 changed, 1 moved, 0 unchanged, 1 deleted, 0 failed. Nothing was done.",
    ]
    assert sources(rag, folder) == before
    done = rag("ingest", str(folder), "--sync")
    assert done.code == 1
    assert done.out.splitlines()[1].split()[:6] == ["0", "1", "1", "0", "1", "1"]
    assert "moved: parking.md is now rooms/parking.md" in done.err
    assert "deleted: bundle.zip/g/gate.md" in done.err
    assert "failed: stairs.md:" in done.err
    assert sources(rag, folder) == {
        "canteen.md": "Canteen",
        "rooms/parking.md": "Parking",
        "stairs.md": "Stairs",
    }


def test_a_sync_that_would_delete_everything_wants_a_yes(rag: Terminal, folder: Path) -> None:
    """An empty folder may be a disk that is not there."""
    shutil.rmtree(folder)
    folder.mkdir()
    refused = rag("ingest", str(folder), "--sync")
    assert refused.code == 1
    assert "This would delete 4 of the 4 documents" in refused.err
    assert "--yes" in refused.err
    assert len(sources(rag, folder)) == 4
    done = rag("ingest", str(folder), "--sync", "--yes", "--json").json
    assert done["summary"]["deleted"] == 4
    assert {(one["source"], one["outcome"]) for one in done["files"]} >= {("parking.md", "deleted")}
    assert sources(rag, folder) == {}


def test_a_yes_wants_a_sync(rag: Terminal, tmp_path: Path) -> None:
    """Without --sync there is nothing to say yes to."""
    assert rag("ingest", str(tmp_path), "--yes").code == 2
