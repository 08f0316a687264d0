"""`rag evaluate`: measuring a library, keeping runs, and the gate."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from rag.bootstrap import load_settings, open_stores
from rag.interfaces.cli.commands.evaluate import named_reports
from tests.support.terminal import Finished, Terminal

SCRIPT = Path(__file__).parents[3] / "scripts" / "evaluate.py"
LEAVE_QUOTE = "Every employee has thirty days of annual leave a year."
CASES: list[dict[str, object]] = [
    {
        "id": "leave",
        "kind": "answerable",
        "question": "How many days of annual leave does an employee have?",
        "evidence": [{"source": "rules/leave.md", "quote": LEAVE_QUOTE}],
        "answers": ["thirty days"],
    },
    {
        "id": "train",
        "kind": "answerable",
        "question": "Which train tickets are paid back?",
        "evidence": [
            {"source": "travel.md", "quote": "Train tickets of the second class are paid back in full."}
        ],
        "answers": ["second class"],
    },
    {"id": "moon", "kind": "unanswerable", "question": "Who was the first person on the moon?"},
]


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    """A test set over the handbook."""
    return written(tmp_path / "set.json", *CASES)


def written(path: Path, *cases: object) -> Path:
    """Write a test set."""
    path.write_text(json.dumps({"name": "handbook", "about": "", "cases": cases}), encoding="utf-8")
    return path


def mean(done: Finished, measure: str) -> float:
    """Give the mean over all cases."""
    (only,) = [one for one in done.json["measures"] if one["measure"] == measure and one["kind"] is None]
    return float(only["mean"])


def test_a_library_is_measured(rag: Terminal, test_set: Path) -> None:
    """The table has a column a kind; without a baseline nothing can fail."""
    done = rag("evaluate", "--test-set", str(test_set))
    assert done.code == 0
    assert "handbook: 3 cases, generation rag-" in done.out
    assert "ALL" in done.out
    assert "UNANSWERABLE" in done.out
    assert "FOLLOW-UP" not in done.out
    assert "recall@5            1.000 (1.00-1.00)" in done.out
    assert "Nothing was compared: there is no baseline; --set-baseline makes one." in done.out
    assert "Passed." not in done.out
    assert "do not hold" not in done.err
    assert "Cost: $0.0000" in done.out


async def test_what_is_asked_does_not_enter_the_query_log(rag: Terminal, test_set: Path) -> None:
    """Nobody wanted to know it."""
    before = await logged(rag.data_dir)
    done = await asyncio.to_thread(rag, "evaluate", "--test-set", str(test_set))
    assert done.code == 0
    assert await logged(rag.data_dir) == before


async def logged(data_dir: Path) -> int:
    """Count the query log's entries."""
    async with open_stores(load_settings({"RAG_DATA_DIR": str(data_dir)})) as opened:
        url = make_url(opened.database_url).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            count = await connection.scalar(text("SELECT count(*) FROM query_logs"))
        await engine.dispose()
    return int(count or 0)


def test_the_json_says_everything(rag: Terminal, test_set: Path) -> None:
    """Measures with intervals, latency by stage, and each case with its answer."""
    done = rag("evaluate", "--test-set", str(test_set), "--json")
    assert done.code == 0
    assert mean(done, "hit@1") == 1
    assert mean(done, "abstention") == 1
    assert mean(done, "answer_containment") == 1
    assert done.json["passed"] is True
    assert done.json["cost_usd"] == 0
    assert {"embed", "total"} <= done.json["latency_ms"].keys()
    assert [case["id"] for case in done.json["cases"]] == ["leave", "train", "moon"]


def test_a_run_below_the_baseline_fails_with_one(rag: Terminal, test_set: Path) -> None:
    """The baseline beside the test set is found without being named; the reason names the measure."""
    set_first = rag("evaluate", "--test-set", str(test_set), "--set-baseline")
    assert set_first.code == 0
    assert set_first.out.endswith("\nThe baseline is set; nothing was compared.\n")
    again = rag("evaluate", "--test-set", str(test_set), "--json")
    assert again.code == 0
    assert [one["difference"] for one in again.json["differences"]] == [0.0] * 10
    harder = {**CASES[1], "evidence": [{"source": "travel.md", "quote": "Nobody ever wrote this sentence."}]}
    written(test_set, CASES[0], harder, CASES[2])
    done = rag("evaluate", "--test-set", str(test_set))
    assert done.code == 1
    assert "Failed." in done.out
    assert "recall@5 fell from 1.000 to 0.500, more than the tolerance of 0.02." in done.out
    assert "1 case expects words that its documents do not hold: train. `rag golden check`" in done.err
    assert rag("evaluate", "--test-set", str(test_set), "--tolerance", "1").code == 0
    replaced = rag("evaluate", "--test-set", str(test_set), "--set-baseline")
    assert replaced.code == 0
    assert "The baseline is set. Held against the one that it replaces:\n  recall@5 fell" in replaced.out
    assert rag("evaluate", "--test-set", str(test_set)).code == 0


def test_a_broken_baseline_is_told_and_can_be_replaced(rag: Terminal, test_set: Path) -> None:
    """What the advice says is what helps."""
    (test_set.parent / "baseline.json").write_text("{}", encoding="utf-8")
    done = rag("evaluate", "--test-set", str(test_set))
    assert done.code == 2
    assert "field format" in done.err
    assert "--set-baseline" in done.err
    assert rag("evaluate", "--test-set", str(test_set), "--set-baseline").code == 0
    assert rag("evaluate", "--test-set", str(test_set)).code == 0


def test_a_run_is_kept_and_compared(rag: Terminal, test_set: Path, tmp_path: Path) -> None:
    """With another saved run, in the table and in the report."""
    kept, page = tmp_path / "run.json", tmp_path / "page.html"
    first = rag("evaluate", "--test-set", str(test_set), "--save", str(kept))
    assert first.code == 0
    assert "is kept" in first.err
    done = rag("evaluate", "--test-set", str(test_set), "--compare", str(kept), "--report", str(page))
    assert done.code == 0
    assert "Compared with the run of" in done.out
    assert "<html" in page.read_text(encoding="utf-8")


def test_a_run_of_another_set_is_refused_before_anything_is_started(
    rag: Terminal, test_set: Path, tmp_path: Path
) -> None:
    """Both sets are named, and no data directory is made."""
    kept = tmp_path / "run.json"
    assert rag("evaluate", "--test-set", str(test_set), "--save", str(kept)).code == 0
    content = test_set.read_text(encoding="utf-8").replace('"handbook"', '"other"')
    test_set.write_text(content, encoding="utf-8")
    done = Terminal(tmp_path / "data")("evaluate", "--test-set", str(test_set), "--compare", str(kept))
    assert (done.code, done.out) == (2, "")
    assert f"{kept} is a run of the test set handbook, not of other." in done.err
    assert not (tmp_path / "data").exists()


def test_a_corpus_is_measured_on_a_library_of_its_own(
    rag: Terminal, tmp_path: Path, handbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's library neither gains nor loses a document, and nothing is left behind."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    before = rag("documents", "list", "--json").json
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "journeys.md").write_bytes((handbook / "travel.md").read_bytes())
    moved = {**CASES[1], "evidence": [{"source": "journeys.md"}]}
    path = written(tmp_path / "set.json", moved)
    done = rag("evaluate", "--test-set", str(path), "--corpus", str(tmp_path / "more"), "--json")
    assert done.code == 0
    assert mean(done, "hit@1") == 1
    assert rag("documents", "list", "--json").json == before
    assert list((tmp_path / "temporary").iterdir()) == []


def test_evidence_that_is_not_in_the_library_is_named(rag: Terminal, tmp_path: Path) -> None:
    """And what to do about it."""
    missing = {**CASES[0], "evidence": [{"source": "nowhere.md"}]}
    done = rag("evaluate", "--test-set", str(written(tmp_path / "set.json", missing)))
    assert done.code == 1
    assert "nowhere.md" in done.err
    assert "rag ingest" in done.err
    assert "--corpus" in done.err


def test_a_sample_is_compared_with_its_own_part_of_the_baseline(rag: Terminal, test_set: Path) -> None:
    """Cases that are left out on purpose are not missing."""
    assert rag("evaluate", "--test-set", str(test_set), "--set-baseline").code == 0
    done = rag("evaluate", "--test-set", str(test_set), "--limit", "2", "--json")
    assert done.code == 0
    assert len(done.json["cases"]) == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--test-set", "none.json"], "none.json cannot be opened"),
        (["--baseline", "none.json"], "none.json cannot be opened"),
        (["--compare", "none.json"], "none.json cannot be opened"),
        (["--limit", "0"], "--limit"),
        (["--limit", "2", "--set-baseline"], "--limit"),
    ],
)
def test_a_slip_is_told_before_anything_is_started(
    tmp_path: Path, test_set: Path, arguments: list[str], complaint: str
) -> None:
    """The exit code is 2, and no data directory is made."""
    given = arguments if "--test-set" in arguments else ["--test-set", str(test_set), *arguments]
    done = Terminal(tmp_path / "data")("evaluate", *given)
    assert done.code == 2
    assert complaint in done.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "arguments", [["--report", "."], ["--save", "/"], ["--report", "nowhere/a.html"], ["--set-baseline"]]
)
def test_a_place_that_cannot_be_written_is_told_before_anything_is_started(
    tmp_path: Path, test_set: Path, arguments: list[str]
) -> None:
    """No answer is lost for it: none was asked for."""
    if arguments == ["--set-baseline"]:
        arguments = [*arguments, "--baseline", str(tmp_path / "nowhere" / "baseline.json")]
    done = Terminal(tmp_path / "data")("evaluate", "--test-set", str(test_set), *arguments)
    assert done.code == 1
    assert "cannot be written" in done.err
    assert not (tmp_path / "data").exists()


def test_a_result_is_printed_even_when_it_cannot_be_kept(
    rag: Terminal, test_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk filled up, or the folder was deleted, while the questions were asked."""
    monkeypatch.setattr("rag.bootstrap.verify_file", lambda _: None)
    gone = tmp_path / "gone" / "run.json"
    done = rag("evaluate", "--test-set", str(test_set), "--save", str(gone))
    assert done.code == 1
    assert "recall@5" in done.out
    assert "run.json cannot be written" in done.err


def test_a_baseline_of_another_set_is_not_compared_with(rag: Terminal, test_set: Path) -> None:
    """Beside the set it is passed over with a word; named, it is an error."""
    assert rag("evaluate", "--test-set", str(test_set), "--set-baseline").code == 0
    content = test_set.read_text(encoding="utf-8").replace('"handbook"', '"other"')
    test_set.write_text(content, encoding="utf-8")
    done = rag("evaluate", "--test-set", str(test_set))
    assert done.code == 0
    assert "belongs to the test set handbook" in done.err
    second = rag("evaluate", "--test-set", str(test_set), "--set-baseline")
    assert second.code == 2
    assert "--set-baseline --baseline FILE" in second.err
    baseline = str(test_set.parent / "baseline.json")
    assert rag("evaluate", "--test-set", str(test_set), "--baseline", baseline).code == 2


def test_a_report_may_be_bare() -> None:
    """At the end, before another option, and with a name."""
    assert named_reports(["--report"]) == ["--report=evaluation.html"]
    assert named_reports(["--report", "--json"]) == ["--report=evaluation.html", "--json"]
    assert named_reports(["--report", "mine.html"]) == ["--report", "mine.html"]
    assert named_reports([]) == []


def test_the_script_of_the_runbook_measures_too(rag: Terminal, test_set: Path, tmp_path: Path) -> None:
    """`scripts/evaluate.py --test-set … --report`, as it is printed there: the report needs no name."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--test-set", str(test_set), "--report"],
        env={**os.environ, "RAG_DATA_DIR": str(rag.data_dir)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "handbook: 3 cases" in done.stdout
    assert (tmp_path / "evaluation.html").is_file()
