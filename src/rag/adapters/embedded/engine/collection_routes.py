"""How are the requests about collections and aliases answered?"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

import qdrant_edge as edge

from rag.adapters.embedded.engine.building import start_build
from rag.adapters.embedded.engine.collection import Collection
from rag.adapters.embedded.engine.fields import Fields, fields_of, items, text
from rag.adapters.embedded.engine.point_routes import completed
from rag.adapters.embedded.engine.refusals import malformed, missing_collection, not_implemented
from rag.adapters.embedded.engine.requests import Request

FLUSH_SECONDS: Final = 5
_KINDS: Final = {
    "bool": edge.PayloadSchemaType.Bool,
    "datetime": edge.PayloadSchemaType.Datetime,
    "float": edge.PayloadSchemaType.Float,
    "integer": edge.PayloadSchemaType.Integer,
    "keyword": edge.PayloadSchemaType.Keyword,
    "uuid": edge.PayloadSchemaType.Uuid,
}


async def list_collections(request: Request) -> object:
    """This will name every collection."""
    return {"collections": [{"name": name} for name in request.store.names()]}


async def describe(request: Request) -> object:
    """This will tell what a collection holds, how it is set up, and whether a build is under way."""
    collection = request.collection
    facts = collection.shard.info()
    return {
        "status": "yellow" if collection.building else "green",
        "optimizer_status": "ok" if collection.problem is None else {"error": collection.problem},
        "indexed_vectors_count": facts.indexed_vectors_count,
        "points_count": facts.points_count,
        "segments_count": facts.segments_count,
        "config": _config(collection),
        "payload_schema": {
            name: {"data_type": str(index.data_type).rsplit(".", 1)[-1].lower(), "points": index.points}
            for name, index in facts.payload_schema.items()
        },
    }


async def create(request: Request) -> object:
    """This will make an empty collection."""
    request.store.create(request.names["collection"], request.json())
    return True


async def delete(request: Request) -> object:
    """This will delete a collection, and say whether there was one."""
    return request.store.delete(request.names["collection"])


async def exists(request: Request) -> object:
    """This will say whether there is a collection or an alias of this name."""
    return {"exists": request.store.catalogue.resolve(request.names["collection"]) in request.store.names()}


async def list_aliases(request: Request) -> object:
    """This will give every alias."""
    return _shown_aliases(request.store.catalogue.aliases.items())


async def aliases_of(request: Request) -> object:
    """This will give a collection's aliases."""
    store = request.store
    name = store.catalogue.resolve(request.names["collection"])
    if name not in store.names():
        raise missing_collection(name)
    return _shown_aliases(
        (alias, target) for alias, target in store.catalogue.aliases.items() if target == name
    )


async def change_aliases(request: Request) -> object:
    """This will change aliases, all in one step."""
    body = fields_of(request.json(), place="the request", known=frozenset({"actions"}))
    request.store.change_aliases(items(body.get("actions"), place="actions"))
    return True


async def index_field(request: Request) -> object:
    """This will index a payload field."""
    body = fields_of(request.json(), place="the request", known=frozenset({"field_name", "field_schema"}))
    kind = body.get("field_schema")
    if isinstance(kind, dict):
        kind = text(fields_of(kind, place="field_schema", known=frozenset({"type"})), "type")
    if not isinstance(kind, str):
        raise malformed("field_schema must be a kind of index")
    if kind not in _KINDS:
        raise not_implemented(f"an index of the kind {kind}")
    return completed(await request.collection.index_field(text(body, "field_name"), _KINDS[kind]))


async def unindex_field(request: Request) -> object:
    """This will drop a payload field's index."""
    return completed(await request.collection.unindex_field(request.names["field"]))


async def flush(request: Request) -> object:
    """This will return when everything written so far is on disk (a route of ours: servers have none)."""
    collection = request.collection
    await collection.writable()
    collection.flush()
    return True


async def optimize(request: Request) -> object:
    """This will start to build a graph where that pays (a route of ours: servers build by themselves).

    The collection is `yellow` until it is done; `optimizer_status` says whether it failed.
    """
    return {"started": start_build(request.store, request.collection)}


def _config(collection: Collection) -> Fields:
    schema = collection.schema
    return {
        "params": {
            "vectors": {
                name: {"size": size, "distance": distance} for name, (size, distance) in schema.dense.items()
            },
            "sparse_vectors": {
                name: {"modifier": "idf" if weighed else "none"} for name, weighed in schema.sparse.items()
            },
            "shard_number": 1,
            "replication_factor": 1,
            "write_consistency_factor": 1,
            "on_disk_payload": schema.on_disk_payload,
        },
        "hnsw_config": asdict(schema.graph),
        "optimizer_config": {**asdict(schema.optimizers), "flush_interval_sec": FLUSH_SECONDS},
        "metadata": schema.metadata,
    }


def _shown_aliases(aliases: Iterable[tuple[str, str]]) -> Fields:
    return {
        "aliases": [{"alias_name": alias, "collection_name": target} for alias, target in sorted(aliases)]
    }
