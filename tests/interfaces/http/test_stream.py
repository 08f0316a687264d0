"""Answers that are sent while they are written."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from structlog.typing import EventDict

from rag.domain.errors import RagError
from rag.interfaces.http import sse
from rag.interfaces.http.listening import listening
from rag.interfaces.http.sse import HEARTBEAT, EventStream, with_heartbeats
from rag.ports.models import EmbedderUnavailableError
from tests.interfaces.http.stand import NIGHTLY, QUESTION, Stand, events_of, is_problem, until
from tests.support.workbench import OverlapReranker

ASKED = {"question": QUESTION, "top_k": 1, "stream": True}


class WaitingReranker(OverlapReranker):
    """Scores nothing until it is told to, and notices when it is stopped."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self.told = asyncio.Event()
        self.stopped = asyncio.Event()

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Wait, then score."""
        self.waiting.set()
        try:
            await self.told.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        return await super().score(question, texts)


class FailingReranker(OverlapReranker):
    """Fails as it is told to."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Fail."""
        del question, texts
        raise self._failure


@asynccontextmanager
async def over_loopback(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the app on a port of this machine, and give a client of it."""
    with listening("127.0.0.1", 0) as taken:
        config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([taken]))
        port = taken.getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield client
        server.should_exit = True
        await serving


async def test_events_come_in_order(client: httpx.AsyncClient, stand: Stand) -> None:
    """What was found, the text with its citation after its marker, the whole answer, the end."""
    reply = await client.post("/query", json=ASKED)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["cache-control"] == "no-cache"
    assert "content-length" not in reply.headers
    events = events_of(reply.text)
    names = [name for name, _ in events]
    words = len(NIGHTLY.split()) + 1
    assert names == ["search_results", *["token"] * words, "citation", "final_answer", "done"]
    final = events[-2][1]
    assert "".join(body["text"] for name, body in events if name == "token") == final["answer"]
    assert events[-3][1] == final["citations"][0]
    assert events[0][1]["passages"][0]["text"] == NIGHTLY
    assert {final["request_id"], events[-1][1]["request_id"]} == {reply.headers["x-request-id"]}
    assert [str(key) for key in stand.bench.journal.queries] == [final["query_log_id"]]
    assert stand.count("rag_queries_total", outcome="answered") == 1


async def test_the_final_answer_is_the_envelope_of_a_plain_query(client: httpx.AsyncClient) -> None:
    """Streaming changes how an answer comes, not what it is."""
    plain = (await client.post("/query", json={**ASKED, "stream": False})).json()
    final = events_of((await client.post("/query", json=ASKED)).text)[-2][1]
    own = {"request_id", "query_log_id", "timings_ms", "latency_ms"}
    assert list(final) == list(plain)
    assert {k: v for k, v in final.items() if k not in own} == {
        k: v for k, v in plain.items() if k not in own
    }


async def test_a_failure_before_the_first_event_has_its_own_status(client: httpx.AsyncClient) -> None:
    """Nothing was sent yet, so the status can still say it."""
    is_problem(await client.post("/query", json={**ASKED, "question": ""}), status=422, code="question_empty")


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (EmbedderUnavailableError("The model does not answer."), EmbedderUnavailableError),
        (ValueError("postgres://user:secret@host"), RagError),
    ],
)
async def test_a_failure_after_the_first_event_is_an_event(
    stand: Stand, failure: Exception, told: type[RagError], log_lines: list[EventDict]
) -> None:
    """The problem document comes as `error`, then `done`; nothing is kept and nothing leaks."""
    stand.reranker = FailingReranker(failure)
    async with stand.client() as client:
        reply = await client.post("/query", json=ASKED)
    events = events_of(reply.text)
    assert [name for name, _ in events] == ["search_results", "error", "done"]
    problem = events[1][1]
    assert problem["code"] == told.code
    assert problem["request_id"] == reply.headers["x-request-id"]
    assert "secret" not in reply.text
    assert stand.bench.journal.queries == {}
    assert stand.count("rag_errors_total", kind=told.kind) == 1
    assert [line["code"] for line in log_lines] == [told.code]


async def test_a_client_that_leaves_leaves_nothing_behind(stand: Stand, log_lines: list[EventDict]) -> None:
    """The work is stopped, no record is kept, and the place is free for the next question."""
    stand.reranker = reranker = WaitingReranker()
    stand.settings = {"MAX_CONCURRENT_QUERIES": "1"}
    async with stand.client(), over_loopback(stand.app()) as client:
        async with client.stream("POST", "/query", json=ASKED) as reply:
            lines = reply.aiter_lines()
            assert await anext(lines) == "event: search_results"
            await asyncio.wait_for(reranker.waiting.wait(), 5)
            assert stand.count("rag_active_queries") == 1
        await asyncio.wait_for(reranker.stopped.wait(), 5)
        reranker.told.set()
        await until(lambda: stand.count("rag_active_queries") == 0)
        assert stand.bench.journal.queries == {}
        assert (await client.post("/query", json={"question": QUESTION})).status_code == 200
    assert len(stand.bench.journal.queries) == 1
    assert [line["event"] for line in log_lines] == ["query"]


async def test_a_silent_stream_is_kept_alive(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing is written, comments come, and the answer is whole afterwards."""
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.02)
    stand.reranker = reranker = WaitingReranker()
    async with (
        stand.client(),
        over_loopback(stand.app()) as client,
        client.stream("POST", "/query", json=ASKED) as reply,
    ):
        text = ""
        async for piece in reply.aiter_text():
            text += piece
            if text.count(": heartbeat\n\n") >= 2:
                reranker.told.set()
    assert [name for name, _ in events_of(text)][-1] == "done"


async def _slow(*, stopped: asyncio.Event) -> AsyncGenerator[bytes, None]:
    try:
        yield b"first"
        await asyncio.sleep(60)
        yield b"never"
    finally:
        stopped.set()


async def test_heartbeats_stop_the_work_when_they_are_closed() -> None:
    """Closing the outer stream ends the inner one, even in the middle of a wait."""
    stopped = asyncio.Event()
    frames = with_heartbeats(_slow(stopped=stopped), seconds=0.01)
    assert [await anext(frames) for _ in range(3)] == [b"first", HEARTBEAT, HEARTBEAT]
    await frames.aclose()
    assert stopped.is_set()


async def test_a_transport_that_fails_to_send_is_a_client_that_left() -> None:
    """Some servers tell of a lost client by an error when something is sent."""
    stopped = asyncio.Event()

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        if json.dumps(message, default=str).count("first"):
            raise OSError("gone")

    with suppress(TimeoutError):
        await asyncio.wait_for(
            EventStream(_slow(stopped=stopped))({"type": "http"}, receive, send),
            timeout=5,
        )
    assert stopped.is_set()
