"""Whatever goes wrong on the wire comes out as one of the port's errors, in time, with a sentence."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rag.adapters.qdrant import QdrantSearchIndex, connect
from rag.domain.errors import InvalidInputError
from rag.domain.question import Filter
from rag.domain.recipe import LexicalRecipe
from rag.ports.search import (
    IndexMismatchError,
    IndexMissingError,
    PointRefusedError,
    SearchUnavailableError,
)
from tests.support.points import direction, point, recipe

NAME = "rag-0001-aaaaaaaa"
EAST = direction(1.0)
KEY = "secret-key"

Use = Callable[[QdrantSearchIndex], Awaitable[object]]

USES: dict[str, Use] = {
    "create": lambda index: index.create(NAME, recipe()),
    "upsert": lambda index: index.upsert(NAME, [point(0, EAST)]),
    "flush": lambda index: index.flush(NAME),
    "remove": lambda index: index.remove(NAME, [point(0, EAST).chunk.id]),
    "count": lambda index: index.count(NAME),
    "present": lambda index: index.present(NAME, [point(0, EAST).chunk.id]),
    "switch": lambda index: index.switch(NAME),
    "live": lambda index: index.live(),
    "generations": lambda index: index.generations(),
    "retire": lambda index: index.retire(NAME),
    "optimize": lambda index: index.optimize(NAME),
    "search": lambda index: index.search("word", EAST, limit=3, filter_by=Filter()),
}


def answer(status: str, body: bytes, *headers: str) -> bytes:
    """Write a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


ANSWERS = {
    "5xx of Qdrant's": answer(
        "500 x", b'{"status": {"error": "Service internal error: no space"}, "time": 0}'
    ),
    "5xx of a proxy's": answer("502 Bad Gateway", b"<html>bad gateway</html>"),
    "throttled": answer("429 Too Many Requests", b'{"status": {"error": "slow down"}}', "Retry-After: 30"),
    "key refused": answer("401 Unauthorized", b"Invalid API key"),
    "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "not JSON": answer("200 OK", b"<html>welcome</html>"),
    "not text": answer("200 OK", b"\xff\xfe\x00"),
    "null": answer("200 OK", b"null"),
    "a list": answer("200 OK", b"[]"),
    "no result": answer("200 OK", b'{"result": null, "status": "ok", "time": 0}'),
    "another result": answer("200 OK", b'{"result": [{"points": [{"id": 1}]}], "status": "ok", "time": 0}'),
    "cut off": answer("200 OK", b'{"result": {"count": 1}')[:-9],
    "closed": b"",
}


@asynccontextmanager
async def server(reply: bytes | None, seen: list[bytes] | None = None) -> AsyncIterator[str]:
    """Listen on a port of this machine, and give every request the same reply; None keeps it waiting."""
    handling: set[asyncio.Task[object]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handling.add(task)
        task.add_done_callback(handling.discard)
        try:
            request = await reader.read(1 << 16)
            if seen is not None:
                seen.append(request)
            if reply is None:
                await asyncio.sleep(60)
            writer.write(reply or b"")
            await writer.drain()
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        for task in set(handling):
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports close


async def outcome(url: str, use: Use, *, timeout_seconds: float = 5.0) -> SearchUnavailableError:
    """Use an index behind `url` that must fail, and give the error."""
    client = connect(url, timeout_seconds=timeout_seconds)
    try:
        with pytest.raises(SearchUnavailableError) as raised:
            await use(QdrantSearchIndex(client, lexical=LexicalRecipe()))
    finally:
        await client.close()
    return raised.value


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("reply", ANSWERS.values(), ids=ANSWERS)
async def test_every_fault_is_one_error(use: Use, reply: bytes) -> None:
    """No answer of a broken server is taken for success, and none of the vendor's errors gets through."""
    async with server(reply) as url:
        error = await outcome(url, use)
    assert str(error)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_a_refused_connection_is_said(use: Use, tmp_path: Path) -> None:
    """Nobody at the port, and nobody at the socket."""
    async with server(b"") as url:
        pass
    assert "cannot be reached" in str(await outcome(url, use))
    assert "cannot be reached" in str(await outcome(f"unix:{tmp_path / 'none.sock'}", use))


@pytest.mark.parametrize("name", ["search", "upsert", "count"])
async def test_a_silent_server_costs_the_time_out(name: str) -> None:
    """The time-out is the one that was asked for, also below a second."""
    async with server(None) as url:
        began = time.monotonic()
        error = await outcome(url, USES[name], timeout_seconds=0.3)
        assert time.monotonic() - began < 3
    assert "in time" in str(error)


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("404 Not Found", "Not found: Collection `x` doesn't exist!", IndexMissingError),
        (
            "400 Bad Request",
            "Wrong input: Vector dimension error: expected dim: 4, got 8",
            IndexMismatchError,
        ),
        (
            "400 Bad Request",
            "Wrong input: Not existing vector name error: dense",
            IndexMismatchError,
        ),
    ],
)
async def test_what_the_caller_can_mend_has_its_own_error(
    status: str, reason: str, expected: type[Exception]
) -> None:
    """A missing collection and a vector of another length are not taken for an outage."""
    body = f'{{"status": {{"error": "{reason}"}}, "time": 0}}'.encode()
    async with server(answer(status, body)) as url:
        client = connect(url)
        with pytest.raises(expected):
            await USES["search"](QdrantSearchIndex(client, lexical=LexicalRecipe()))
        await client.close()


@pytest.mark.parametrize("status", ["400 Bad Request", "413 Payload Too Large", "422 Unprocessable Entity"])
@pytest.mark.parametrize("body", [b'{"status": {"error": "too long a text"}}', b"too long a text"])
async def test_refused_points_are_no_outage(status: str, body: bytes) -> None:
    """Points that a running server does not take have an error of their own, with the server's reason."""
    async with server(answer(status, body)) as url:
        client = connect(url)
        with pytest.raises(PointRefusedError, match="too long a text"):
            await USES["upsert"](QdrantSearchIndex(client, lexical=LexicalRecipe()))
        await client.close()


async def test_the_key_is_sent_and_never_said() -> None:
    """The server gets the key; the error of a refused key does not show it."""
    seen: list[bytes] = []
    async with server(ANSWERS["key refused"], seen) as url:
        with pytest.warns(UserWarning, match="insecure"):
            client = connect(url, api_key=KEY)
        with pytest.raises(SearchUnavailableError, match="QDRANT_API_KEY") as raised:
            await QdrantSearchIndex(client, lexical=LexicalRecipe()).live()
        await client.close()
    assert f"api-key: {KEY}".encode() in seen[0]
    assert KEY not in str(raised.value)


async def test_a_write_that_was_only_taken_is_not_done() -> None:
    """A server that acknowledges without finishing has not stored anything yet."""
    body = b'{"result": {"operation_id": 1, "status": "acknowledged"}, "status": "ok", "time": 0}'
    async with server(answer("200 OK", body)) as url:
        for name in ("upsert", "remove"):
            assert "acknowledged" in str(await outcome(url, USES[name]))


@pytest.mark.parametrize("url", ["", "localhost:6333", "ftp://x", "/run/engine.sock"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    """Only http, https and unix are ways to Qdrant."""
    with pytest.raises(InvalidInputError):
        connect(url)
