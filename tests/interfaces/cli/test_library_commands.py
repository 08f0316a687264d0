"""Commands that change the library, or look into it, beside a running service."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.terminal import Finished, Service, Terminal

SCRIPT = Path(__file__).parents[3] / "scripts" / "inspect_chunks.py"


def ids(rag: Terminal) -> dict[str, str]:
    """Give every document's id by its source."""
    return {document["source"]: document["id"] for document in rag("documents", "list", "--json").json}


def test_ingest_reports_every_file_and_fails_for_one(first_ingest: Finished) -> None:
    """Two documents are stored although a third cannot be, and the exit code tells of that."""
    report = first_ingest.json
    outcomes = {file["source"]: file for file in report["files"]}
    assert {source: file["outcome"] for source, file in outcomes.items()} == {
        "blank.txt": "failed",
        "rules/leave.md": "added",
        "travel.md": "added",
    }
    assert outcomes["blank.txt"]["error"]["code"] == "document_empty"
    assert outcomes["travel.md"]["error"] is None
    assert report["summary"]["chunks"] == sum(file["chunks"] for file in report["files"]) > 0
    assert first_ingest.code == 1
    assert "failed: blank.txt: " in first_ingest.err


def test_a_second_ingest_changes_nothing(rag: Terminal, handbook: Path) -> None:
    """The table says so, on standard output alone."""
    finished = rag("ingest", str(handbook / "travel.md"), str(handbook / "rules"))
    headings, figures = finished.out.splitlines()
    assert headings.split()[:5] == ["ADDED", "CHANGED", "UNCHANGED", "FAILED", "CHUNKS"]
    assert figures.split()[:5] == ["0", "0", "2", "0", "0"]
    assert (finished.code, finished.err) == (0, "")


def test_a_dry_run_stores_nothing(rag: Terminal, tmp_path: Path) -> None:
    """It names the files that would be read."""
    (tmp_path / "new.md").write_text("A new document with a few words.", encoding="utf-8")
    before = ids(rag)
    assert rag("ingest", str(tmp_path), "--dry-run").out.splitlines()[0] == "new.md"
    assert rag("ingest", str(tmp_path), "--dry-run", "--json").json[0]["source"] == "new.md"
    assert ids(rag) == before


def test_a_path_that_is_not_there_is_not_understood(rag: Terminal, tmp_path: Path) -> None:
    """A misspelled path stops the command before anything is read."""
    finished = rag("ingest", str(tmp_path / "nowhere"))
    assert finished.code == 2
    assert "nowhere does not exist" in finished.err


def test_a_folder_without_documents_is_said_to_be_one(rag: Terminal, tmp_path: Path) -> None:
    """Nothing was done, and that is no failure."""
    finished = rag("ingest", str(tmp_path))
    assert finished.code == 0
    assert "No file of a format that is read" in finished.err


def test_the_list_is_an_array_with_one_object_a_document(rag: Terminal) -> None:
    """Programs read it as it is, and people get the same as a table."""
    documents = rag("documents", "list", "--json").json
    assert {"rules/leave.md", "travel.md"} <= {document["source"] for document in documents}
    assert [document["source"] for document in documents] == sorted(d["source"] for d in documents)
    table = rag("documents", "list").out
    assert all(document["id"] in table and document["source"] in table for document in documents)


def test_show_gives_what_is_known_and_how_the_text_starts(rag: Terminal) -> None:
    """The JSON holds the whole text."""
    document_id = ids(rag)["travel.md"]
    shown = rag("documents", "show", document_id)
    assert shown.code == 0
    assert "Travel costs" in shown.out
    assert "Train tickets of the second class" in shown.out
    whole = rag("documents", "show", document_id, "--json").json
    assert whole["source"] == "travel.md"
    assert "accounting office" in whole["text"]


@pytest.mark.parametrize("command", [["show"], ["delete", "--yes"]])
def test_an_unknown_document_is_a_failure_with_advice(rag: Terminal, command: list[str]) -> None:
    """It says how to find those that exist."""
    finished = rag("documents", *command, str(uuid4()))
    assert finished.code == 1
    assert "rag documents list" in finished.err


def test_a_document_is_deleted_only_on_purpose(rag: Terminal, tmp_path: Path) -> None:
    """A dry run and a forgotten --yes leave it; --yes deletes it; a second time it is unknown."""
    (tmp_path / "old.md").write_text("The old canteen closed in spring for good.", encoding="utf-8")
    assert rag("ingest", str(tmp_path)).code == 0
    document_id = ids(rag)["old.md"]
    assert rag("documents", "delete", document_id, "--dry-run", "--json").json["deleted"] is False
    refused = rag("documents", "delete", document_id)
    assert refused.code == 2
    assert "This deletes old.md" in refused.err
    assert "old.md" in ids(rag)
    deleted = rag("documents", "delete", document_id, "--yes", "--json").json
    assert deleted == {"document_id": document_id, "source": "old.md", "deleted": True, "chunks": 1}
    assert "old.md" not in ids(rag)
    assert rag("documents", "delete", document_id, "--yes").code == 1


def test_chunks_are_shown_with_their_statistics(rag: Terminal) -> None:
    """The last part of a document's name is enough to find it."""
    shown = rag("chunks", "inspect", "--source", "leave.md")
    assert shown.code == 0
    assert shown.out.startswith("rules/leave.md (")
    assert "no word of the text is left out" in shown.out
    (inspected,) = rag("chunks", "inspect", "--source", "leave.md", "--json").json
    assert inspected["document"]["source"] == "rules/leave.md"
    assert len(inspected["chunks"]) == inspected["count"] == inspected["document"]["chunks"]
    assert inspected["tokens"]["most"] > 0


def test_chunks_of_an_unknown_document_are_a_failure(rag: Terminal) -> None:
    """The name that was not found is said."""
    finished = rag("chunks", "inspect", "--source", "nowhere.md")
    assert finished.code == 1
    assert "nowhere.md" in finished.err


def test_the_runbooks_script_is_the_same_command(rag: Terminal, service: Service) -> None:
    """`scripts/inspect_chunks.py` prints what `rag chunks inspect` prints."""
    script = subprocess.run(
        [sys.executable, str(SCRIPT), "--source", "travel.md"],
        env={**os.environ, "RAG_DATA_DIR": str(service.data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert script.stdout == rag("chunks", "inspect", "--source", "travel.md").out
