"""Rating an answer over HTTP."""

from datetime import datetime
from uuid import UUID, uuid4

import httpx
import pytest

from rag.ports.journal import ChunkVerdict
from tests.interfaces.http.stand import QUESTION, Stand, is_problem


async def asked(client: httpx.AsyncClient) -> str:
    """Ask a question and give the entry of the query log."""
    answer: dict[str, str] = (await client.post("/query", json={"question": QUESTION})).json()
    return answer["query_log_id"]


async def test_a_rating_is_stored_with_all_that_came_with_it(client: httpx.AsyncClient, stand: Stand) -> None:
    """Rating, comment and verdicts are in the journal when the reply comes."""
    entry, chunk = await asked(client), str(uuid4())
    reply = await client.post(
        "/feedback",
        json={
            "query_log_id": entry,
            "rating": 2,
            "comment": "Fast richtig 👍",
            "verdicts": [{"chunk_id": chunk, "verdict": "stale"}],
        },
    )
    assert reply.status_code == 201
    body = reply.json()
    assert list(body) == ["id", "query_log_id", "rating", "rated_at"]
    assert body["rated_at"].endswith("Z")
    assert datetime.fromisoformat(body["rated_at"]).tzinfo is not None
    kept = stand.bench.journal.ratings[UUID(body["id"])]
    assert (str(kept.query_log_id), kept.rating, kept.comment) == (entry, 2, "Fast richtig 👍")
    assert kept.verdicts == ((UUID(chunk), ChunkVerdict.STALE),)


@pytest.mark.parametrize(("thumb", "rating"), [("up", 5), ("down", 1)])
async def test_a_thumb_is_a_rating(client: httpx.AsyncClient, thumb: str, rating: int) -> None:
    """Up is the best rating, down the worst."""
    reply = await client.post("/feedback", json={"query_log_id": await asked(client), "thumbs": thumb})
    assert reply.json()["rating"] == rating


@pytest.mark.parametrize("rating", [0, 6, -1])
async def test_a_rating_out_of_range_is_refused(client: httpx.AsyncClient, rating: int) -> None:
    """The scale is 1 to 5."""
    reply = await client.post("/feedback", json={"query_log_id": await asked(client), "rating": rating})
    is_problem(reply, status=422, code="rating_out_of_range")


async def test_an_unknown_answer_cannot_be_rated(client: httpx.AsyncClient, stand: Stand) -> None:
    """The reply is 404, and nothing is stored."""
    reply = await client.post("/feedback", json={"query_log_id": str(uuid4()), "rating": 5})
    is_problem(reply, status=404, code="query_log_unknown")
    assert stand.bench.journal.ratings == {}


async def test_a_comment_has_a_limit(client: httpx.AsyncClient) -> None:
    """4,000 characters are kept, one more is refused."""
    entry = await asked(client)
    kept = await client.post("/feedback", json={"query_log_id": entry, "rating": 1, "comment": "x" * 4000})
    assert kept.status_code == 201
    reply = await client.post("/feedback", json={"query_log_id": entry, "rating": 1, "comment": "x" * 4001})
    is_problem(reply, status=422, code="comment_too_long")


@pytest.mark.parametrize(
    "change",
    [
        {"rating": None},
        {"thumbs": "up"},
        {"rating": 2.5},
        {"rating": None, "thumbs": "sideways"},
        {"comment": "a\x00b"},
        {"verdicts": [{"chunk_id": str(UUID(int=1)), "verdict": "good"}]},
        {"verdicts": [{"chunk_id": str(UUID(int=1)), "verdict": "stale"}] * 2},
        {"query_log_id": "7"},
        {"stars": 5},
    ],
)
async def test_a_malformed_rating_is_refused(client: httpx.AsyncClient, change: dict[str, object]) -> None:
    """One judgement, known verdicts, one verdict a chunk, and no field that we do not know."""
    body = {"query_log_id": str(uuid4()), "rating": 3, **change}
    is_problem(await client.post("/feedback", json=body), status=422, code="request_invalid")
