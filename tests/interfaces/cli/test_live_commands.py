"""Commands that look at ratings, past answers and live quality, beside a running service."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import typer

from rag.interfaces.cli.ages import age_of
from tests.support.terminal import Service, Terminal

QUESTION = "How many days of annual leave does an employee have?"
ANSWER = "thirty days of annual leave"
UNANSWERABLE = "Which sorting algorithm has the lowest memory consumption?"


def asked(service: Service, question: str) -> dict[str, Any]:
    """Ask over HTTP, so that it stands in the query log."""
    reply = httpx.post(f"{service.address}/query", json={"question": question}, timeout=30)
    envelope: dict[str, Any] = reply.json()
    return envelope


def rate(service: Service, envelope: dict[str, Any], stars: int, **more: object) -> None:
    """Rate an answer over HTTP."""
    body = {"query_log_id": envelope["query_log_id"], "rating": stars, **more}
    assert httpx.post(f"{service.address}/feedback", json=body, timeout=30).status_code == 201


@pytest.fixture(scope="module")
def rated(service: Service, first_ingest: object) -> dict[str, Any]:
    """A badly rated answer, beside a declined one and a well-rated one."""
    assert first_ingest
    bad = asked(service, QUESTION)
    verdicts = [{"chunk_id": bad["citations"][0]["chunk_id"], "verdict": "stale"}]
    rate(service, bad, 1, comment="It is thirty-one now.", verdicts=verdicts)
    rate(service, asked(service, UNANSWERABLE), 2)
    rate(service, asked(service, QUESTION), 5)
    return bad


@pytest.fixture(scope="module")
def test_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two golden questions, one of which asks for what is not there."""
    path = tmp_path_factory.mktemp("golden") / "golden.json"
    cases = [
        {
            "id": name,
            "kind": "answerable",
            "question": QUESTION,
            "evidence": [{"source": "rules/leave.md", "quote": quote}],
            "answers": ["thirty days"],
        }
        for name, quote in (("there", "Every employee has thirty days"), ("absent", "No such words at all"))
    ]
    path.write_text(json.dumps({"name": "small", "about": "Leave.", "cases": cases}), encoding="utf-8")
    return path


def entries(rag: Terminal) -> int:
    """Count what stands in the query log, by way of the ratings' own view of it."""
    return len(rag("feedback", "review", "--rating-below", "6", "--no-answer-now", "--json").json["queries"])


def test_a_review_shows_the_worst_first_and_todays_answer(rag: Terminal, rated: dict[str, Any]) -> None:
    """With question, answer, citations, rating, comment, verdicts, and the ratings in sum."""
    finished = rag("feedback", "review", "--rating-below", "3")
    assert (finished.code, finished.err) == (0, "")
    lines = finished.out.splitlines()
    assert lines[0] == f"1. {QUESTION}"
    assert lines[1].startswith(rated["query_log_id"])
    assert "Rated 1 of 5" in lines[2]
    assert lines[2].endswith(": It is thirty-one now.")
    assert lines[3].strip() == "[1] stale"
    assert any(ANSWER in line for line in lines)
    assert any(line.startswith("[1] rules/leave.md") for line in lines)
    assert "Answered now: the same." in lines
    assert f"2. {UNANSWERABLE}" in lines
    assert "3 ratings, mean 2.67, 67% of them below 3.5" in lines
    assert any(line.split() == ["rules/leave.md", "2", "3.00", "50%"] for line in lines)


def test_a_review_in_json_has_all_of_it(rag: Terminal, rated: dict[str, Any]) -> None:
    """Programs get the envelope of then and of now, and how each came to be."""
    body = rag("feedback", "review", "--limit", "1", "--json").json
    (only,) = body["queries"]
    assert only["query_log_id"] == rated["query_log_id"]
    assert only["answer"] == only["now"]["answer"] == rated["answer"]
    assert [each["comment"] for each in only["ratings"]] == ["It is thirty-one now."]
    assert only["ranking"].keys() >= {"fusion", "dense_weight", "reranker", "floor"}
    assert body["summary"]["ratings"] == 3


@pytest.mark.usefixtures("rated")
def test_a_review_without_asking_again_needs_no_model(rag: Terminal) -> None:
    """Then nothing is said of now; and asking again has left no entry behind."""
    before = entries(rag)
    body = rag("feedback", "review", "--since", "1h", "--no-answer-now", "--json").json
    assert [one["now"] for one in body["queries"]] == [None, None]
    rag("feedback", "review")
    assert entries(rag) == before
    assert rag("feedback", "review", "--rating-below", "1", "--no-answer-now").err == (
        "No answer was rated below 1.\n"
    )


@pytest.mark.usefixtures("rated")
def test_ratings_are_summed_up(rag: Terminal) -> None:
    """By source and by generation, with the declined answer under no source."""
    lines = rag("feedback", "summary").out.splitlines()
    assert lines[0] == "3 ratings, mean 2.67, 67% of them below 3.5"
    assert ["-", "1", "2.00", "100%"] in [line.split() for line in lines]
    assert any(line.startswith("rag-0001-") for line in lines)
    body = rag("feedback", "summary", "--since", "4w", "--json").json
    assert [one["name"] for one in body["by_source"]] == [None, "rules/leave.md"]


def test_a_time_that_is_none_is_refused(rag: Terminal) -> None:
    """The exit code is that of a command that was not understood."""
    finished = rag("feedback", "summary", "--since", "soon")
    assert finished.code == 2
    assert "write 30m, 12h, 7d or 4w" in finished.err
    assert (age_of("2w"), age_of(None)) == (timedelta(days=14), None)
    for text in ("0d", "-1d", "7", "1y", "d", "123456d"):
        with pytest.raises(typer.BadParameter):
            age_of(text)


def test_a_replay_compares_then_and_now(rag: Terminal, rated: dict[str, Any]) -> None:
    """Nothing has changed, so all three answers are the same; figures stand side by side."""
    finished = rag("replay", rated["query_log_id"])
    assert (finished.code, finished.err) == (0, "")
    assert "The same index and ranking, asked now: the same answer." in finished.out
    assert "Today: the same answer." in finished.out
    rows = [line.split() for line in finished.out.splitlines()]
    assert ["THEN", "AS", "THEN", "TODAY"] in rows
    assert ["generation", *[rated["generation"]] * 3] in rows
    body = rag("replay", rated["query_log_id"], "--json").json
    assert (body["why_not"], body["now"]["same_text"]) == (None, True)
    assert {change["change"] for change in body["as_then"]["changes"]} == {"stayed"}


def test_an_unknown_answer_cannot_be_replayed(rag: Terminal) -> None:
    """It is named, and the exit code is 1."""
    nobody = str(uuid4())
    finished = rag("replay", nobody)
    assert finished.code == 1
    assert nobody in finished.err


@pytest.mark.parametrize("remote", [False, True])
def test_a_canary_prints_the_recall(rag: Terminal, service: Service, test_set: Path, *, remote: bool) -> None:
    """Here or at a running service, the same; below --least the exit code is 1."""
    where = ["--url", service.address] if remote else []
    finished = rag("canary", "--test-set", str(test_set), *where)
    assert (finished.code, finished.err) == (0, "")
    assert finished.out == "recall@5 0.500 over 2 questions; not all of the evidence of: absent\n"
    body = rag("canary", "--test-set", str(test_set), *where, "--least", "0.8", "--json")
    assert body.code == 1
    assert (body.json["recall"], body.json["missed"]) == (0.5, ["absent"])
    assert body.err == "The recall is below 0.8; docs/runbook/low-retrieval-quality.md says where to go on.\n"
    assert body.json["generation"].startswith("rag-0001-")


def test_a_canary_without_a_reply_fails(rag: Terminal, test_set: Path) -> None:
    """One line says why and what to do; nothing is taken for a recall."""
    finished = rag("canary", "--test-set", str(test_set), "--url", "http://127.0.0.1:9")
    assert (finished.code, finished.out) == (1, "")
    (line,) = finished.err.splitlines()
    assert line.startswith("there, absent: The service did not answer")
    assert line.endswith("GET /readyz says why not.")


@pytest.mark.parametrize("remote", [False, True])
def test_a_canary_for_another_library_fails(
    rag: Terminal, service: Service, tmp_path: Path, *, remote: bool
) -> None:
    """Here the documents that are missing are named; a service that finds nothing is no success either."""
    where = ["--url", service.address] if remote else []
    evidence = [{"source": "nowhere.md", "quote": "thirty days"}]
    case = {"id": "a", "kind": "answerable", "question": QUESTION, "evidence": evidence}
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"name": "other", "about": "", "cases": [case]}), encoding="utf-8")
    finished = rag("canary", "--test-set", str(path), *where)
    assert finished.code == 1
    assert ("is the test set one for this library?" if remote else "nowhere.md") in finished.err


def test_a_canary_needs_questions(rag: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a test set the command is not understood; a missing one is named."""
    assert rag("canary").code == 2
    missing = tmp_path / "missing.json"
    monkeypatch.setenv("RAG_CANARY_TEST_SET", str(missing))
    finished = rag("canary")
    assert finished.code != 0
    assert str(missing) in finished.err
