"""Commands that ask, beside a running service, and the service's own answers."""

import re
from typing import Any

import httpx

from tests.support.terminal import Service, Terminal

QUESTION = "How many days of annual leave does an employee have?"
UNANSWERABLE = "Which sorting algorithm has the lowest memory consumption?"


def asked(service: Service, route: str) -> dict[str, Any]:
    """Ask the service."""
    reply = httpx.post(f"{service.address}{route}", json={"question": QUESTION}, timeout=30)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


def test_an_answer_shows_its_citations(rag: Terminal) -> None:
    """Each marker is followed below by the source and the words quoted."""
    finished = rag("ask", *QUESTION.split())
    assert finished.code == 0
    lines = finished.out.splitlines()
    assert "thirty days of annual leave a year. [1]" in lines[0]
    assert any(line.startswith("[1] rules/leave.md") for line in lines)
    assert any("“Every employee has thirty days" in line for line in lines)
    assert re.fullmatch(r"confidence [01]\.\d\d · query log [0-9a-f-]{36}\n", finished.err)


def test_declining_is_said_plainly_and_is_no_failure(rag: Terminal) -> None:
    """Nothing is cited and nothing is claimed."""
    finished = rag("ask", UNANSWERABLE)
    assert finished.out.strip() == "I could not find an answer to this in the documents."
    assert finished.code == 0
    assert "query log " in finished.err
    envelope = rag("ask", UNANSWERABLE, "--json").json
    assert envelope["abstained"] is True
    assert envelope["citations"] == []


def test_a_filter_narrows_what_may_answer(rag: Terminal) -> None:
    """Asked of the other document only, the question is declined; metadata that nobody has finds nothing."""
    envelope = rag("ask", QUESTION, "--source", "travel.md", "--json").json
    assert {citation["source"] for citation in envelope["citations"]} <= {"travel.md"}
    assert rag("search", QUESTION, "--source", "rules/leave.md", "--json").json
    assert rag("search", QUESTION, "--metadata", "team=nobody", "--json").json == []
    assert rag("search", QUESTION, "--metadata", "team=nobody").err == "Nothing was found.\n"


def test_search_shows_both_ranks(rag: Terminal) -> None:
    """People see where a passage stood by meaning and by words."""
    headings, first, *_ = rag("search", QUESTION, "--top-k", "2").out.splitlines()
    assert headings.split() == ["RANK", "DENSE", "BM25", "COSINE", "JUDGED", "SOURCE", "SECTION", "TEXT"]
    assert first.split()[:3] == ["1", "1", "1"]
    assert "rules/leave.md" in first


def test_the_envelope_is_the_services_own(rag: Terminal, service: Service) -> None:
    """Whoever reads the command's JSON can read the API's, field by field."""
    ours = rag("ask", QUESTION, "--json").json
    theirs = asked(service, "/query")
    own = {"request_id", "query_log_id", "timings_ms", "latency_ms"}
    assert ours.keys() == theirs.keys()
    assert {key: ours[key] for key in ours.keys() - own} == {key: theirs[key] for key in theirs.keys() - own}


def test_passages_and_documents_are_the_services_own(rag: Terminal, service: Service) -> None:
    """The same holds for searches and for the list of documents."""
    assert rag("search", QUESTION, "--json").json == asked(service, "/search")["passages"]
    listed = httpx.get(f"{service.address}/documents", timeout=30).json()["documents"]
    ours = {document["id"]: document for document in rag("documents", "list", "--json").json}
    for document in listed:
        times = {"created_at", "updated_at", "dated"}
        assert {k: v for k, v in ours[document["id"]].items() if k not in times} == {
            k: v for k, v in document.items() if k not in times
        }
