"""Checking and growing a golden set at the terminal."""

import asyncio
import io
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from rag.bootstrap import load_settings, open_stores
from tests.support.terminal import Terminal, fresh_data_dir

QUOTE = "Every employee has thirty days of annual leave a year."
QUESTION = "How much annual leave does an employee have?"


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """A set with one sound case."""
    path = tmp_path / "questions.json"
    case = {
        "id": "leave",
        "kind": "answerable",
        "question": "When does leave expire?",
        "evidence": [{"source": "leave.md", "quote": "expires at the end of March"}],
        "answers": ["March"],
    }
    path.write_text(json.dumps({"name": "handbook", "about": "", "cases": [case]}), encoding="utf-8")
    return path


def cases(path: Path) -> list[dict[str, Any]]:
    """Read a set's cases as they stand on disk."""
    read: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return read


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory, handbook: Path) -> Terminal:
    """The program at a library of these tests alone, because they rate answers."""
    terminal = Terminal(fresh_data_dir(tmp_path_factory))
    assert terminal("ingest", str(handbook / "rules"), str(handbook / "travel.md")).code == 0
    return terminal


@pytest.fixture
def rated(rag: Terminal) -> str:
    """A question that was answered, and found useless."""
    name: str = rag("ask", QUESTION, "--json").json["query_log_id"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAG_DATA_DIR", str(rag.data_dir))
        asyncio.run(_rate(UUID(name)))
    return name


async def _rate(query_log_id: UUID) -> None:
    async with open_stores(load_settings()) as stores:
        await stores.collect_feedback(query_log_id, rating=1, comment="I asked for the number.")


def test_a_sound_set_has_no_fault(rag: Terminal, golden: Path) -> None:
    """It says so, and the exit code is 0."""
    checked = rag("golden", "check", "--test-set", str(golden))
    assert (checked.code, checked.out) == (0, f"Nothing is wrong with 1 case of {golden}.\n")
    assert rag("golden", "check", "--test-set", str(golden), "--json").json == []


def test_faults_are_listed_with_what_is_nearest(rag: Terminal, golden: Path) -> None:
    """The exit code is 1."""
    golden.write_text(golden.read_text(encoding="utf-8").replace("end of March", "end of May"), "utf-8")
    checked = rag("golden", "check", "--test-set", str(golden))
    assert checked.code == 1
    assert "leave: leave.md does not hold the words “expires at the end of May”." in checked.out
    assert "Nearest: expires at the end of March" in checked.out
    (fault,) = rag("golden", "check", "--test-set", str(golden), "--json").json
    assert fault["case"] == "leave"


def test_a_case_is_added_after_the_checks(rag: Terminal, golden: Path) -> None:
    """A dry run writes nothing, and a second time the question is there already."""
    line = ("golden", "add", "--test-set", str(golden), "--question", QUESTION, "--source", "leave.md")
    whole = (*line, "--quote", QUOTE, "--answer", "thirty days")
    assert rag(*whole, "--dry-run").code == 0
    assert len(cases(golden)) == 1
    added = rag(*whole, "--json")
    assert added.code == 0
    assert added.json == {
        "id": "how-much-annual-leave-does",
        "kind": "answerable",
        "question": QUESTION,
        "after": [],
        "evidence": [{"source": "leave.md", "quote": QUOTE, "grade": 1}],
        "answers": ["thirty days"],
    }
    assert [case["id"] for case in cases(golden)] == ["leave", "how-much-annual-leave-does"]
    again = rag(*whole)
    assert again.code == 2
    assert "It asks what the case how-much-annual-leave-does asks." in again.err


def test_a_quote_that_is_not_there_is_refused(rag: Terminal, golden: Path) -> None:
    """Nothing is written, and what comes nearest is shown."""
    before = golden.read_text(encoding="utf-8")
    line = ("golden", "add", "--test-set", str(golden), "--question", QUESTION, "--source", "leave.md")
    refused = rag(*line, "--quote", QUOTE.replace("thirty", "forty"))
    assert refused.code == 2
    assert f"Nearest: “{QUOTE}”." in refused.err
    assert golden.read_text(encoding="utf-8") == before


def test_a_set_is_begun_with_an_unanswerable_question(rag: Terminal, tmp_path: Path) -> None:
    """A case without evidence is added only when that is said."""
    path = tmp_path / "new.json"
    line = ("golden", "add", "--test-set", str(path), "--question", "Who is in the works council?")
    assert rag(*line).code == 2
    assert not path.exists()
    assert rag(*line, "--kind", "unanswerable").code == 0
    assert [case["kind"] for case in cases(path)] == ["unanswerable"]


def test_each_source_needs_its_quote(rag: Terminal, golden: Path) -> None:
    """Which quote belongs to which document is never guessed."""
    line = ("golden", "add", "--test-set", str(golden), "--question", QUESTION)
    assert rag(*line, "--source", "a.md", "--source", "b.md", "--quote", "a").code == 2


def test_low_rated_questions_are_listed_until_they_are_asked(rag: Terminal, golden: Path, rated: str) -> None:
    """The list shows what to promote, and is empty of it afterwards."""
    listed = rag("golden", "promote", "--list", "--test-set", str(golden), "--json").json
    assert rated in [one["query_log_id"] for one in listed]
    table = rag("golden", "promote", "--list", "--test-set", str(golden)).out
    assert rated in table
    assert "I asked for the number." in table
    assert rag("golden", "promote", rated, "--unanswerable", "--test-set", str(golden)).code == 0
    assert cases(golden)[1]["kind"] == "unanswerable"
    listed = rag("golden", "promote", "--list", "--test-set", str(golden), "--json").json
    assert rated not in [one["query_log_id"] for one in listed]


def test_a_question_is_promoted_with_a_persons_word(rag: Terminal, golden: Path, rated: str) -> None:
    """Without it everything is shown, and nothing is written."""
    shown = rag("golden", "promote", rated, "--test-set", str(golden))
    assert shown.code == 2
    assert QUESTION in shown.out
    assert "Rated 1 of 5: I asked for the number." in shown.out
    assert "1. leave.md" in shown.out
    assert "Say which passages hold the evidence" in shown.err
    assert len(cases(golden)) == 1
    said = ("--evidence", "1", "--answer", "thirty days", "--test-set", str(golden))
    promoted = rag("golden", "promote", rated, *said, "--json")
    assert promoted.code == 0
    assert promoted.json["evidence"] == [{"source": "leave.md", "quote": QUOTE, "grade": 1}]
    assert cases(golden)[1]["answers"] == ["thirty days"]


def test_an_answer_that_stands_nowhere_is_refused_unless_it_is_confirmed(
    rag: Terminal, golden: Path, rated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --yes it is added, and at a terminal a person is asked; the kind may be named."""
    said = (
        "golden",
        "promote",
        rated,
        "--evidence",
        "1",
        "--answer",
        "seven days",
        "--test-set",
        str(golden),
    )
    refused = rag(*said)
    assert refused.code == 2
    assert "None of the named passages holds “seven days”. If it is right all the same, say --yes." in (
        refused.err
    )
    monkeypatch.setattr(sys, "stdin", Keyboard("n\n"))
    assert rag(*said).code == 1
    assert len(cases(golden)) == 1
    added = rag(*said, "--yes", "--kind", "answerable", "--json")
    assert (added.code, added.json["kind"]) == (0, "answerable")


def test_a_kind_that_is_named_is_kept(rag: Terminal, golden: Path, rated: str) -> None:
    """Two documents that say the same are two pieces of evidence, and either of them suffices."""
    said = ("golden", "promote", rated, "--evidence", "1,2", "--answer", "thirty days", "--json")
    both = ("--dry-run", "--test-set", str(golden))
    assert rag(*said, *both).json["kind"] == "several-passages"
    assert rag(*said, *both, "--kind", "answerable").json["kind"] == "answerable"
    assert rag("golden", "promote", rated, *both, "--unanswerable", "--kind", "answerable").code == 2


class Keyboard(io.StringIO):
    """Somebody who types at a terminal."""

    def isatty(self) -> bool:
        """Say that questions can be asked."""
        return True


@pytest.mark.parametrize(("typed", "code", "kept"), [("1\nthirty days\ny\n", 0, 2), ("none\nn\n", 1, 1)])
def test_at_a_terminal_it_asks(  # noqa: PLR0913 - fixtures and parameters
    rag: Terminal,
    golden: Path,
    rated: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    typed: str,
    code: int,
    kept: int,
) -> None:
    """The case is shown before the last question, and a no leaves the set as it was."""
    monkeypatch.setattr(sys, "stdin", Keyboard(typed))
    promoted = rag("golden", "promote", rated, "--test-set", str(golden))
    assert promoted.code == code
    assert "how-much-annual-leave-does (" in promoted.out
    assert len(cases(golden)) == kept


class SlowKeyboard(Keyboard):
    """Somebody who thinks so long that another case takes the name meanwhile."""

    def __init__(self, typed: str, golden: Path) -> None:
        super().__init__(typed)
        self.golden = golden

    def readline(  # type: ignore[override]  # typeshed lets StringIO have bases of bytes and of text
        self, size: int | None = -1, /
    ) -> str:
        """Read a line; before the last one, the set grows."""
        line = super().readline(-1 if size is None else size)
        if line == "y\n":
            shape = json.loads(self.golden.read_text(encoding="utf-8"))
            other = {"id": "how-much-annual-leave-does", "kind": "unanswerable", "question": "How much?"}
            shape["cases"].append(other)
            self.golden.write_text(json.dumps(shape), encoding="utf-8")
        return line


def test_a_name_that_is_taken_while_a_person_thinks_is_not_given_again(
    rag: Terminal, golden: Path, rated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both cases are kept, and the new name is said."""
    monkeypatch.setattr(sys, "stdin", SlowKeyboard("1\nthirty days\ny\n", golden))
    promoted = rag("golden", "promote", rated, "--test-set", str(golden))
    assert promoted.code == 0, promoted.err
    name = "how-much-annual-leave-does"
    assert [case["id"] for case in cases(golden)] == ["leave", name, f"{name}-2"]
    assert f"Its id is {name}-2." in promoted.err


@pytest.mark.parametrize(
    "line",
    [
        ("golden", "promote"),
        ("golden", "promote", "71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5", "--evidence", "one"),
        ("golden", "promote", "71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5", "--unanswerable", "--answer", "a"),
    ],
)
def test_what_makes_no_sense_is_not_understood(rag: Terminal, golden: Path, line: tuple[str, ...]) -> None:
    """Exit code 2, before anything is started."""
    assert rag(*line, "--test-set", str(golden)).code == 2


def test_an_unknown_entry_is_a_failure(rag: Terminal, golden: Path) -> None:
    """The query log has no such id."""
    unknown = "71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5"
    finished = rag("golden", "promote", unknown, "--unanswerable", "--test-set", str(golden))
    assert finished.code == 1
    assert unknown in finished.err
