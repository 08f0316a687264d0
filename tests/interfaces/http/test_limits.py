"""How much is taken at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import perf_counter

import httpx
import pytest

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.interfaces.http.middleware import BODY_LIMIT, UPLOAD_LIMIT, UPLOADS_AT_ONCE
from rag.ports.jobs import Job, Upload
from tests.interfaces.http.stand import QUESTION, Stand, is_problem, until
from tests.interfaces.http.test_stream import WaitingReranker


async def test_a_question_too_many_is_refused_at_once(stand: Stand) -> None:
    """The others go on; as soon as one is answered, the next one is taken; nothing else is limited."""
    stand.settings = {"MAX_CONCURRENT_QUERIES": "2"}
    stand.reranker = reranker = WaitingReranker()
    async with stand.client() as client:
        asking = [
            asyncio.create_task(client.post("/query", json={"question": QUESTION, "stream": stream}))
            for stream in (False, True)
        ]
        await until(lambda: stand.count("rag_active_queries") == 2)
        for path in ("/query", "/search"):
            began = perf_counter()
            reply = await client.post(path, json={"question": QUESTION})
            assert perf_counter() - began < 0.05
            problem = is_problem(reply, status=503, code="overloaded")
            assert (reply.headers["retry-after"], problem["limit"]) == ("1", 2)
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/documents")).status_code == 200
        assert stand.count("rag_errors_total", kind="Overload") == 2
        reranker.told.set()
        assert [reply.status_code for reply in await asyncio.gather(*asking)] == [200, 200]
        assert stand.count("rag_active_queries") == 0
        assert (await client.post("/query", json={"question": QUESTION})).status_code == 200


async def test_a_failed_question_frees_its_place(stand: Stand) -> None:
    """Errors do not use the places up."""
    stand.settings = {"MAX_CONCURRENT_QUERIES": "1"}
    async with stand.client() as client:
        for _ in range(3):
            reply = await client.post("/query", json={"question": ""})
            is_problem(reply, status=422, code="question_empty")
    assert stand.count("rag_active_queries") == 0


async def test_an_upload_too_many_is_refused_at_once(stand: Stand) -> None:
    """Bodies are held in memory whole, so only so many are; a place is free again with each answer."""
    stored = asyncio.Event()

    class SlowBoard(InMemoryJobBoard):
        """A board that takes its time."""

        waiting = 0

        async def submit(self, uploads: Sequence[Upload]) -> Job:
            """Wait until the test lets it go on."""
            self.waiting += 1
            await stored.wait()
            return await super().submit(uploads)

    stand.jobs = board = SlowBoard()
    async with stand.client() as client:
        small = [("files", ("a.md", b"# A"))]
        sending = [
            asyncio.create_task(client.post("/documents", files=small)) for _ in range(UPLOADS_AT_ONCE)
        ]
        await until(lambda: board.waiting == UPLOADS_AT_ONCE)
        reply = await client.post("/documents", files=small)
        problem = is_problem(reply, status=503, code="uploads_overloaded")
        assert (reply.headers["retry-after"], problem["limit"]) == ("1", UPLOADS_AT_ONCE)
        assert (await client.get("/documents")).status_code == 200
        stored.set()
        assert {reply.status_code for reply in await asyncio.gather(*sending)} == {202}
        for _ in range(2 * UPLOADS_AT_ONCE):  # one that is refused for another reason frees its place as well
            assert (await client.post("/documents", files=[("other", ("a.md", b""))])).status_code == 422
        assert (await client.post("/documents", files=small)).status_code == 202


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // BODY_LIMIT):
        yield b" " * BODY_LIMIT
    yield b" " * (size % BODY_LIMIT)


@pytest.mark.parametrize("path", ["/query", "/search", "/feedback"])
async def test_a_body_too_large_is_refused(client: httpx.AsyncClient, path: str) -> None:
    """Announced or not, it is not read to its end."""
    headers = {"content-type": "application/json"}
    announced = await client.post(path, content=b" " * (BODY_LIMIT + 1), headers=headers)
    assert is_problem(announced, status=413, code="body_too_large")["limit"] == BODY_LIMIT
    unannounced = await client.post(path, content=_pieces(BODY_LIMIT + 1), headers=headers)
    is_problem(unannounced, status=413, code="body_too_large")


async def test_an_upload_may_be_larger(client: httpx.AsyncClient) -> None:
    """2 MiB are taken by uploads, and more than their own limit is not."""
    large = ("files", ("large.md", b"x" * (2 * BODY_LIMIT)))
    assert (await client.post("/documents", files=[large])).status_code == 202
    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": str(UPLOAD_LIMIT + 1)}
    reply = await client.post("/documents", content=b"", headers=headers)
    assert is_problem(reply, status=413, code="body_too_large")["limit"] == UPLOAD_LIMIT


async def test_an_upload_that_grows_too_large_is_refused(client: httpx.AsyncClient) -> None:
    """The limit holds while the body comes, without a length before it."""

    async def parts() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
        async for piece in _pieces(UPLOAD_LIMIT):
            yield piece

    headers = {"content-type": "multipart/form-data; boundary=b"}
    reply = await client.post("/documents", content=parts(), headers=headers)
    is_problem(reply, status=413, code="body_too_large")
