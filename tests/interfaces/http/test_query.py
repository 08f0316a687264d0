"""Asking a question over HTTP."""

import json
from uuid import UUID

import httpx
import pytest
from structlog.typing import EventDict

from rag.interfaces.http.schemas.questions import ANSWER_EXAMPLE
from tests.interfaces.http.stand import NIGHTLY, QUESTION, Stand, is_problem

ENVELOPE = [
    "request_id",
    "query_log_id",
    "answer",
    "abstained",
    "citations",
    "degraded",
    "cache",
    "model",
    "generation",
    "usage",
    "cost_usd",
    "timings_ms",
    "latency_ms",
    "confidence",
    "read_as",
]
CITATION = ["n", "chunk_id", "document_id", "source", "title", "page", "section", "text", "span"]


async def test_an_answer_has_exactly_the_promised_members(client: httpx.AsyncClient, stand: Stand) -> None:
    """The envelope is the contract, down to its order."""
    reply = await client.post("/query", json={"question": QUESTION, "top_k": 1})
    assert reply.status_code == 200
    body = reply.json()
    assert list(body) == ENVELOPE
    assert [list(citation) for citation in body["citations"]] == [CITATION]
    assert body["answer"] == f"{NIGHTLY} [1]"
    assert body["citations"][0]["source"] == "guides/backup.md"
    assert body["citations"][0]["span"] == {"start": 0, "end": len(NIGHTLY)}
    assert (body["cache"], body["cost_usd"], body["degraded"]) == ("miss", 0.0, [])
    assert body["usage"] == {"prompt_tokens": 0, "completion_tokens": 0}
    assert set(body["timings_ms"]) == {"embed", "retrieve", "fuse", "read", "split", "extract"}
    record = stand.bench.journal.queries[UUID(body["query_log_id"])]
    assert (record.request_id, record.question.text) == (body["request_id"], QUESTION)


async def test_thin_evidence_is_declined_with_200(client: httpx.AsyncClient) -> None:
    """To decline is an answer, not an error."""
    reply = await client.post("/query", json={"question": "xylophone zeppelin"})
    assert reply.status_code == 200
    assert reply.json()["abstained"] is True
    assert reply.json()["citations"] == []


async def test_every_part_of_a_filter_reaches_the_search(client: httpx.AsyncClient) -> None:
    """What the filter leaves out does not answer; a filter that keeps the document does."""
    keeps = {
        "sources": ["guides/backup.md", "other.md"],
        "dated_from": "2026-01-01T00:00:00Z",
        "dated_before": "2027-01-01T01:00:00+01:00",
        "metadata": {"team": "storage"},
    }
    document_id = (await client.get("/documents", params={"source": "backup.md"})).json()["documents"][0][
        "id"
    ]
    for kept in (keeps, {"document_ids": [document_id]}, {}, None):
        reply = await client.post("/search", json={"question": QUESTION, "filter": kept})
        assert NIGHTLY in [passage["text"] for passage in reply.json()["passages"]], kept
    for changed in (
        {"sources": ["alerts.md"]},
        {"document_ids": [str(UUID(int=1))]},
        {"dated_from": "2027-01-01T00:00:00Z"},
        {"dated_before": "2026-01-01T00:00:00Z"},
        {"metadata": {"team": "Storage"}},
    ):
        reply = await client.post("/query", json={"question": QUESTION, "filter": {**keeps, **changed}})
        assert reply.json()["abstained"] is True, changed


async def test_a_session_is_kept_in_the_query_log(client: httpx.AsyncClient, stand: Stand) -> None:
    """The session is the caller's own name for a conversation."""
    await client.post("/query", json={"question": QUESTION, "session": "desk 7"})
    assert [record.question.session for record in stand.bench.journal.queries.values()] == ["desk 7"]


@pytest.mark.parametrize(
    ("question", "code"),
    [("x" * 2001, "question_too_long"), (" \n\t", "question_empty"), ("\x00\x01", "question_empty")],
)
async def test_an_impossible_question_is_refused(
    client: httpx.AsyncClient, stand: Stand, question: str, code: str
) -> None:
    """The domain's own limits answer, and nothing is logged as asked."""
    problem = is_problem(await client.post("/query", json={"question": question}), status=422, code=code)
    if code == "question_too_long":
        assert (problem["limit"], problem["length"]) == (2000, 2001)
        assert problem["detail"].startswith("Question too long")
    assert stand.bench.journal.queries == {}
    assert stand.count("rag_errors_total", kind="ValidationError") == 1


@pytest.mark.parametrize("top_k", [0, 51, -1, 10**30])
async def test_top_k_is_limited(client: httpx.AsyncClient, top_k: int) -> None:
    """The range is 1 to 50."""
    reply = await client.post("/query", json={"question": QUESTION, "top_k": top_k})
    is_problem(reply, status=422, code="top_k_out_of_range")


@pytest.mark.parametrize(
    "question",
    [
        "Wann läuft die Sicherung? 💾",
        "バックアップはいつ実行されますか",
        "متى يتم النسخ الاحتياطي",
        "e\u0301 \u202egnol\u202c \ufeff\u2028 backup",
        "\U0010ffff\ufffe backup",
        "a\ud800 backup",
    ],
)
async def test_any_writing_is_answered(client: httpx.AsyncClient, stand: Stand, question: str) -> None:
    """Scripts, marks and oddities of Unicode are questions like any other."""
    reply = await client.post(
        "/query", content=json.dumps({"question": question}), headers={"content-type": "application/json"}
    )
    assert reply.status_code == 200
    assert len(stand.bench.journal.queries) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.question"),
        ({"question": 7}, "body.question"),
        ({"question": "a", "rerank": "sometimes"}, "body.rerank"),
        ({"question": "a", "top_k": "5"}, "body.top_k"),
        ({"question": "a", "top_k": True}, "body.top_k"),
        ({"question": "a", "stream": "yes"}, "body.stream"),
        ({"question": "a", "session": "x" * 201}, "body.session"),
        ({"question": "a", "session": "x\x00"}, "body.session"),
        ({"question": "a", "filter": {"source": "b"}}, "body.filter.source"),
        ({"question": "a", "filter": {"document_ids": ["7"]}}, "body.filter.document_ids.0"),
        ({"question": "a", "filter": {"dated_from": "2026-01-01"}}, "body.filter.dated_from"),
        ([], "body"),
        ("a", "body"),
    ],
)
async def test_a_field_that_is_wrong_is_named(client: httpx.AsyncClient, body: object, field: str) -> None:
    """The path of the field is given, and what was sent is not repeated."""
    problem = is_problem(await client.post("/query", json=body), status=422, code="request_invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    "content",
    [
        b'{"question": "a", "session": "\\ud800"}',
        b'{"question": "a", "\\ud800": 1}',
        b'{"question": "a", "filter": {"metadata": {"\\ud800": "b"}}}',
    ],
)
async def test_half_a_character_is_refused_not_stumbled_over(
    client: httpx.AsyncClient, content: bytes
) -> None:
    """JSON can spell lone surrogates, and UTF-8 cannot: the refusal itself must still be sendable."""
    reply = await client.post("/query", content=content, headers={"content-type": "application/json"})
    is_problem(reply, status=422, code="request_invalid")


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{", "application/json", "request_malformed"),
        (b'{"question": "\xff"}', "application/json", "request_malformed"),
        (b"[" * 100_000, "application/json", "request_malformed"),
        (b'{"question": "a"}', "application/x-www-form-urlencoded", "request_invalid"),
        (b"", "application/json", "request_invalid"),
    ],
)
async def test_a_body_that_is_not_json_is_refused(
    client: httpx.AsyncClient, content: bytes, content_type: str, code: str
) -> None:
    """The reply says what to send instead."""
    reply = await client.post("/query", content=content, headers={"content-type": content_type})
    is_problem(reply, status=400 if code == "request_malformed" else 422, code=code)


async def test_the_request_id_is_the_callers_where_it_is_sane(client: httpx.AsyncClient) -> None:
    """A sane id goes through everything; any other one is replaced."""
    reply = await client.post("/query", json={"question": QUESTION}, headers={"X-Request-ID": "abc-1.2:3_4"})
    assert reply.headers["x-request-id"] == reply.json()["request_id"] == "abc-1.2:3_4"
    for insane in ("x" * 129, "a b", 'a"b', ""):
        reply = await client.get("/livez", headers={"X-Request-ID": insane})
        assert str(UUID(reply.headers["x-request-id"])) == reply.headers["x-request-id"]


async def test_a_query_is_logged_in_one_line_without_its_text(
    client: httpx.AsyncClient, log_lines: list[EventDict]
) -> None:
    """The line has what an operator needs, and nothing that a reader asked or was told."""
    body = (await client.post("/query", json={"question": QUESTION})).json()
    (line,) = log_lines
    assert line["event"] == "query"
    assert line["request_id"] == body["request_id"]
    assert line["latency_ms"] == body["latency_ms"]
    assert line["stages"] == body["timings_ms"]
    assert (line["abstained"], line["generation"]) == (False, body["generation"])
    assert QUESTION not in json.dumps(line)
    assert NIGHTLY not in json.dumps(line)


async def test_a_search_gives_passages_and_keeps_nothing(client: httpx.AsyncClient, stand: Stand) -> None:
    """Each passage has its place and its score in the rankings that found it; the query log stays empty."""
    reply = await client.post("/search", json={"question": QUESTION, "top_k": 1})
    body = reply.json()
    assert list(body) == ["request_id", "generation", "passages", "timings_ms", "latency_ms"]
    (passage,) = body["passages"]
    assert (passage["rank"], passage["text"]) == (1, NIGHTLY)
    assert passage["ranks"] == {"dense": 1, "bm25": 1}
    assert set(passage["scores"]) == {"dense", "bm25"}
    assert stand.bench.journal.queries == {}


async def test_before_the_first_ingest_the_answer_says_so(stand: Stand) -> None:
    """An empty service declines, and says what to do first."""
    transport = httpx.ASGITransport(stand.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://rag.test") as client:
        envelope = (await client.post("/query", json={"question": "a"})).json()
    assert envelope["abstained"]
    assert "ingest some first" in envelope["answer"]


def test_the_example_has_the_envelopes_members() -> None:
    """What the description shows is what is sent."""
    assert list(ANSWER_EXAMPLE.__dataclass_fields__) == ENVELOPE
