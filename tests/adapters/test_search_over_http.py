"""What a golden question asked over HTTP finds, whatever the service replies."""

import httpx
import pytest

from rag.adapters.search_over_http import SearchOverHttp
from rag.ports.canary import Found, NoReplyError
from tests.interfaces.http.stand import FILES, NIGHTLY, QUESTION, Stand, client_of


@pytest.fixture
async def stand() -> Stand:
    """An application with two documents."""
    made = Stand()
    await made.bench.take_in(*FILES)
    return made


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (httpx.Response(503, json={"detail": "Too much at once."}), "503: Too much at once"),
        (httpx.Response(502, text="<html>"), "502: <html>"),
        (httpx.Response(200, json={"passages": [1]}), "not the reply of a search"),
        (httpx.Response(200, text="no JSON"), "not the reply of a search"),
        (httpx.ConnectError("refused"), "did not answer: refused"),
        (httpx.ReadTimeout(""), "did not answer: ReadTimeout"),
    ],
)
async def test_what_is_no_reply_is_said(reply: httpx.Response | httpx.HTTPError, complaint: str) -> None:
    """Whatever a service or a proxy answers, it is a failure of ours to name."""

    def answer(_: httpx.Request) -> httpx.Response:
        if isinstance(reply, httpx.HTTPError):
            raise reply
        return reply

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://x") as client:
        with pytest.raises(NoReplyError, match=complaint):
            await SearchOverHttp(client)("what?", top_k=5)


async def test_a_search_over_http_gives_the_passages(stand: Stand) -> None:
    """The generation and the texts come as the service found them."""
    async with client_of(stand.app()) as client:
        found = await SearchOverHttp(client)(QUESTION, top_k=1)
    assert [(one.source, one.text) for one in found.passages] == [("guides/backup.md", NIGHTLY)]
    assert found.generation is not None


async def test_finding_nothing_names_the_index_that_was_searched(stand: Stand) -> None:
    """An index that lost its points is not taken for a library without documents."""
    live = await stand.bench.library.live_generation()
    assert live is not None
    async for page in stand.bench.index.chunk_ids(live.name):
        await stand.bench.index.remove(live.name, page)
    async with client_of(stand.app()) as client:
        assert await SearchOverHttp(client)(QUESTION, top_k=5) == Found(live.name, ())


async def test_a_library_without_documents_has_no_index() -> None:
    """There is nothing that could be found."""
    async with client_of(Stand().app()) as client:
        assert await SearchOverHttp(client)(QUESTION, top_k=5) == Found(None, ())
