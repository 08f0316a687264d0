"""What the engine's process does not do, it refuses in Qdrant's own words, and never passes over."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from qdrant_client import AsyncQdrantClient

NAME = "books"
SCHEMA = {
    "vectors": {"dense": {"size": 2, "distance": "Cosine"}},
    "sparse_vectors": {"words": {"modifier": "idf"}},
}
QUERY = {"query": [1.0, 0.0], "using": "dense"}
GOOD = {"id": 1, "vector": {"dense": [1.0, 0.0]}}


@pytest.fixture
async def http(client: AsyncQdrantClient, shared_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A bare HTTP client, on the engine with one empty collection."""
    assert (await client.get_collections()).collections == []
    transport = httpx.AsyncHTTPTransport(uds=shared_url.removeprefix("unix:"))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=30.0) as http:
        answer = await http.put(f"/collections/{NAME}", json=SCHEMA)
        assert answer.status_code == 200
        yield http


def reason(answer: httpx.Response) -> str:
    """Give the reason of a refusal, which must have Qdrant's shape."""
    content = answer.json()
    assert content.keys() == {"status", "time"}
    return str(content["status"]["error"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/metrics"),
        ("GET", "/cluster"),
        ("GET", "/collections/books/snapshots"),
        ("PATCH", "/collections/books"),
        ("POST", "/collections/books/points/search"),
        ("POST", "/collections/books/points/payload"),
        ("POST", "/collections/books/points/batch"),
        ("POST", "/collections/books/points/recommend"),
        ("POST", "/collections/books/facet"),
        ("GET", "/nowhere"),
    ],
)
async def test_an_unknown_route_is_not_implemented(http: httpx.AsyncClient, method: str, path: str) -> None:
    """A route of a server that we do not have answers 501."""
    answer = await http.request(method, path)
    assert answer.status_code == 501
    assert path in reason(answer)


@pytest.mark.parametrize(
    ("route", "body", "named"),
    [
        ("PUT points", {"points": [GOOD], "shard_key": "a"}, "shard_key"),
        ("PUT points", {"points": [GOOD], "update_filter": {"must": []}}, "update_filter"),
        ("PUT points", {"points": [{**GOOD, "vector": [1.0, 0.0]}]}, "without a name"),
        ("POST points/query", {**QUERY, "lookup_from": {"collection": "x"}}, "lookup_from"),
        ("POST points/query", {**QUERY, "params": {"quantization": {"ignore": True}}}, "quantization"),
        ("POST points/query", {"query": 7, "using": "dense"}, "without a vector"),
        ("POST points/query", {"query": {"recommend": {"positive": [1]}}, "using": "dense"}, "recommend"),
        ("POST points/query", {**QUERY, "filter": {"must": [{"slice": {"total": 2}}]}}, "slice"),
        ("POST points/count", {"filter": {"must": [{"key": "a", "match": {"text": "b"}}]}}, "text"),
        ("POST points/scroll", {"order_by": "n"}, "order_by"),
        ("PUT index", {"field_name": "a", "field_schema": "geo"}, "geo"),
        ("PUT index", {"field_name": "a", "field_schema": {"type": "text", "lowercase": True}}, "lowercase"),
    ],
)
async def test_an_unknown_wish_is_not_implemented(
    http: httpx.AsyncClient, route: str, body: dict[str, Any], named: str
) -> None:
    """A field that would change what is done answers 501, and is named."""
    method, path = route.split()
    answer = await http.request(method, f"/collections/{NAME}/{path}", json=body)
    assert answer.status_code == 501
    assert named in reason(answer)


@pytest.mark.parametrize(
    "extra",
    [
        {"quantization_config": {"scalar": {"type": "int8"}}},
        {"replication_factor": 2},
        {"vectors": {"dense": {"size": 2, "distance": "Cosine", "on_disk": True}}},
        {"hnsw_config": {"payload_m": 8}},
        {"vectors": {"size": 2, "distance": "Cosine"}},
    ],
)
async def test_a_collection_of_another_kind_is_not_implemented(
    http: httpx.AsyncClient, extra: dict[str, Any]
) -> None:
    """Settings that we would not honour answer 501, and nothing is made."""
    answer = await http.put("/collections/films", json={**SCHEMA, **extra})
    assert answer.status_code == 501
    assert (await http.get("/collections/films")).status_code == 404


async def test_a_parameter_that_would_change_something_is_not_implemented(http: httpx.AsyncClient) -> None:
    """Parameters of the address are looked at as well."""
    answer = await http.post(f"/collections/{NAME}/points/query?shard_key=a", json=QUERY)
    assert answer.status_code == 501
    assert "shard_key" in reason(answer)


@pytest.mark.parametrize(
    "point",
    [
        {"id": 1, "vector": {"dense": [1.0]}},
        {"id": 1, "vector": {"dense": [1.0, "x"]}},
        {"id": 1, "vector": {"dense": [1.0, 1e39]}},
        {"id": 1, "vector": {"other": [1.0, 0.0]}},
        {"id": 1, "vector": {"words": {"indices": [1, 1], "values": [1.0, 2.0]}}},
        {"id": 1, "vector": {"words": {"indices": [1, 2], "values": [1.0]}}},
        {"id": 1, "vector": {"words": {"indices": [-1], "values": [1.0]}}},
        {"id": "no-uuid", "vector": {"dense": [1.0, 0.0]}},
        {"id": -1, "vector": {"dense": [1.0, 0.0]}},
        {"id": 1, "vector": {"dense": [1.0, 0.0]}, "payload": []},
    ],
)
async def test_one_malformed_point_keeps_all_of_its_request_out(
    http: httpx.AsyncClient, point: dict[str, Any]
) -> None:
    """Nothing of a request is written when any point in it is wrong."""
    answer = await http.put(f"/collections/{NAME}/points", json={"points": [GOOD, point]})
    assert answer.status_code == 400
    assert reason(answer).startswith("Wrong input")
    counted = await http.post(f"/collections/{NAME}/points/count", json={})
    assert counted.json()["result"] == {"count": 0}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"query": [1.0], "using": "dense"}',
        b'{"query": [1.0, 0.0]}',
        b'{"query": [1.0, 0.0], "using": "nothing"}',
        b'{"query": [1.0, 0.0], "using": "dense", "limit": 0}',
        b'{"query": [1.0, 0.0], "using": "dense", "limit": "ten"}',
        b'{"query": [1.0, 0.0], "using": "dense", "filter": {"must": [{"key": "a"}]}}',
        b'{"query": [1.0, 0.0], "using": "dense", "filter": {"must": [{"key": "a", "range": {"gt": "x"}}]}}',
        b'{"query": [1.0, 0.0], "using": "dense", "filter": {"must": [{"has_id": ["x"]}]}}',
        b'{"query": [1.0, 0.0], "using": "dense", "filter": {"must": {"key": "..", "match": {"value": 1}}}}',
        b'{"query": {"fusion": "rrf"}}',
    ],
)
async def test_a_malformed_query_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    """What cannot be understood answers 400 with the reason."""
    answer = await http.post(f"/collections/{NAME}/points/query", content=body)
    assert answer.status_code == 400
    assert reason(answer)


async def test_what_does_not_exist_is_not_found(http: httpx.AsyncClient) -> None:
    """A collection, a point and an alias's target that are not there answer 404."""
    assert (await http.post("/collections/films/points/query", json=QUERY)).status_code == 404
    assert (await http.get(f"/collections/{NAME}/points/7")).status_code == 404
    made = {"create_alias": {"alias_name": "a", "collection_name": "films"}}
    assert (await http.post("/collections/aliases", json={"actions": [made]})).status_code == 404


async def test_a_name_is_given_once(http: httpx.AsyncClient) -> None:
    """A second collection, or an alias, of the same name answers 409."""
    assert (await http.put(f"/collections/{NAME}", json=SCHEMA)).status_code == 409
    made = {"create_alias": {"alias_name": NAME, "collection_name": NAME}}
    assert (await http.post("/collections/aliases", json={"actions": [made]})).status_code == 409


async def test_half_a_change_of_aliases_is_none(http: httpx.AsyncClient) -> None:
    """When one action fails, those before it have not happened."""
    first = {"create_alias": {"alias_name": "a", "collection_name": NAME}}
    second = {"create_alias": {"alias_name": "b", "collection_name": "films"}}
    answer = await http.post("/collections/aliases", json={"actions": [first, second]})
    assert answer.status_code == 404
    assert (await http.get("/aliases")).json()["result"] == {"aliases": []}


async def test_a_body_beyond_the_limit_is_refused(http: httpx.AsyncClient) -> None:
    """More than 32 MiB answers 413, and the process goes on."""
    answer = await http.put(f"/collections/{NAME}/points", content=b" " * ((32 << 20) + 1))
    assert answer.status_code == 413
    assert (await http.get("/readyz")).status_code == 200


async def test_the_process_says_what_it_is(http: httpx.AsyncClient) -> None:
    """Its title tells it from a server, and its health routes are Qdrant's."""
    root = (await http.get("/")).json()
    assert root["title"] == "rag embedded engine"
    assert root["commit"].startswith("qdrant-edge-py ")
    for path in ("/livez", "/healthz", "/readyz"):
        answer = await http.get(path)
        assert (answer.status_code, answer.text) == (200, f"{path[1:]} check passed")
