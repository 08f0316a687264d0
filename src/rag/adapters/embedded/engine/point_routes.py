"""How are the requests about points answered?"""

from typing import Final

import qdrant_edge as edge

from rag.adapters.embedded.engine import queries
from rag.adapters.embedded.engine.collection import engine_call
from rag.adapters.embedded.engine.fields import Fields, boolean, fields_of, integer, items
from rag.adapters.embedded.engine.filters import filter_of, point_id
from rag.adapters.embedded.engine.points import (
    payload_selector,
    plain_id,
    points_of,
    shown_records,
    shown_scored,
    vector_selector,
)
from rag.adapters.embedded.engine.refusals import RefusedError, malformed
from rag.adapters.embedded.engine.requests import Request

_SELECTORS: Final = frozenset({"points", "filter"})
_RETRIEVE: Final = frozenset({"ids", "with_payload", "with_vector"})
_SCROLL: Final = frozenset({"filter", "limit", "offset", "with_payload", "with_vector"})


async def upsert(request: Request) -> object:
    """This will add or replace points; all of them are checked before the first is written."""
    body = fields_of(request.json(), place="the request", known=frozenset({"points"}))
    collection = request.collection
    return completed(await collection.upsert(points_of(body.get("points"), collection.schema)))


async def delete(request: Request) -> object:
    """This will delete points by their ids, or those that pass a filter."""
    body = fields_of(request.json(), place="the request", known=_SELECTORS)
    collection = request.collection
    if body.keys() == {"points"}:
        ids = [point_id(one) for one in items(body["points"], place="points")]
    elif body.keys() == {"filter"}:
        ids = collection.ids(filter_of(body["filter"]) or edge.Filter())
    else:
        raise malformed("a deletion needs either points or filter")
    return completed(await collection.delete(ids))


async def retrieve(request: Request) -> object:
    """This will give points by their ids, leaving out what is not there."""
    body = fields_of(request.json(), place="the request", known=_RETRIEVE)
    ids = [point_id(one) for one in items(body.get("ids"), place="ids")]
    with engine_call():
        records = request.collection.shard.retrieve(
            list(ids),
            with_payload=payload_selector(body.get("with_payload"), default=True),
            with_vector=vector_selector(body.get("with_vector")),
        )
    return shown_records(records)


async def retrieve_one(request: Request) -> object:
    """This will give one point with its payload and vectors."""
    name = request.names["id"]
    wanted = point_id(int(name) if name.isdecimal() else name)
    with engine_call():
        records = request.collection.shard.retrieve([wanted], with_payload=True, with_vector=True)
    if not records:
        raise RefusedError(404, f"Not found: Point with id {name} doesn't exist!")
    return shown_records(records)[0]


async def count(request: Request) -> object:
    """This will count points, always exactly."""
    body = fields_of(request.json(), place="the request", known=frozenset({"exact", "filter"}))
    boolean(body, "exact", default=True)
    with engine_call():
        number = request.collection.shard.count(
            edge.CountRequest(exact=True, filter=filter_of(body.get("filter")))
        )
    return {"count": number}


async def scroll(request: Request) -> object:
    """This will give a page of points in order of id."""
    body = fields_of(request.json(), place="the request", known=_SCROLL)
    with engine_call():
        records, following = request.collection.shard.scroll(
            edge.ScrollRequest(
                offset=point_id(body["offset"]) if "offset" in body else None,
                limit=integer(body, "limit", default=10, minimum=1),
                filter=filter_of(body.get("filter")),
                with_payload=payload_selector(body.get("with_payload"), default=True),
                with_vector=vector_selector(body.get("with_vector")),
            )
        )
    return {
        "points": shown_records(records),
        "next_page_offset": None if following is None else plain_id(following),
    }


async def query(request: Request) -> object:
    """This will search once."""
    collection = request.collection
    with engine_call():
        (found,) = queries.run(collection.shard, [queries.query_of(request.json(), collection.schema)])
    return {"points": shown_scored(found)}


async def query_batch(request: Request) -> object:
    """This will search several times in one go."""
    collection = request.collection
    with engine_call():
        rankings = queries.run(collection.shard, queries.queries_of(request.json(), collection.schema))
    return [{"points": shown_scored(found)} for found in rankings]


def completed(operation: int) -> Fields:
    """This will say that a write has been carried out."""
    return {"operation_id": operation, "status": "completed"}
