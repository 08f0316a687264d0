"""What does a search ask for, in the engine's words?"""

from collections.abc import Sequence
from typing import Final, cast

import qdrant_edge as edge

from rag.adapters.embedded.engine.fields import (
    Fields,
    boolean,
    fields_of,
    integer,
    items,
    optional_integer,
    optional_number,
    text,
)
from rag.adapters.embedded.engine.filters import filter_of
from rag.adapters.embedded.engine.points import payload_selector, vector_of, vector_selector
from rag.adapters.embedded.engine.refusals import malformed, not_implemented
from rag.adapters.embedded.engine.schema import Schema

_PREFETCH: Final = frozenset({"filter", "limit", "params", "prefetch", "query", "score_threshold", "using"})
_QUERY: Final = _PREFETCH | {"offset", "with_payload", "with_vector"}
_PARAMS: Final = frozenset({"exact", "hnsw_ef", "indexed_only"})
_FUSION_K: Final = 2  # what a Qdrant server takes when the request names none


def queries_of(request: object, schema: Schema) -> list[edge.QueryRequest]:
    """This will read the body of `query/batch`.

    Raises:
        RefusedError: one of the searches is malformed, or wants what this process does not do.
    """
    body = fields_of(request, place="the request", known=frozenset({"searches"}))
    return [query_of(one, schema) for one in items(body.get("searches"), place="searches")]


def query_of(request: object, schema: Schema) -> edge.QueryRequest:
    """This will read the body of one `query`.

    Raises:
        RefusedError: it is malformed, or wants what this process does not do.
    """
    fields = fields_of(request, place="the query", known=_QUERY)
    prefetches = _prefetches(fields, schema)
    return edge.QueryRequest(
        limit=integer(fields, "limit", default=10, minimum=1),
        offset=integer(fields, "offset", default=0),
        query=_scoring(fields, schema, fuses=bool(prefetches)),
        prefetches=prefetches,
        with_vector=vector_selector(fields.get("with_vector")),
        with_payload=payload_selector(fields.get("with_payload"), default=False),
        filter=filter_of(fields.get("filter")),
        score_threshold=optional_number(fields, "score_threshold"),
        params=_params(fields),
    )


def _prefetches(fields: Fields, schema: Schema) -> list[edge.Prefetch]:
    value = fields.get("prefetch", [])
    return [_prefetch(one, schema) for one in (value if isinstance(value, list) else [value])]


def _prefetch(value: object, schema: Schema) -> edge.Prefetch:
    fields = fields_of(value, place="prefetch", known=_PREFETCH)
    inner = _prefetches(fields, schema)
    return edge.Prefetch(
        limit=integer(fields, "limit", default=10, minimum=1),
        query=_scoring(fields, schema, fuses=bool(inner)),
        prefetches=inner,
        params=_params(fields),
        filter=filter_of(fields.get("filter")),
        score_threshold=optional_number(fields, "score_threshold"),
    )


def _scoring(fields: Fields, schema: Schema, *, fuses: bool) -> "edge.ScoringQueryType":
    query = fields.get("query")
    if isinstance(query, dict) and query.keys() & {"fusion", "rrf"}:
        if not fuses:
            raise malformed("a fusion needs prefetch")
        return _fusion(query)
    if query is None or isinstance(query, str | int):
        raise not_implemented("a query without a vector")
    if isinstance(query, dict) and "indices" not in query:
        query = fields_of(query, place="query", known=frozenset({"nearest"})).get("nearest")
    if "using" not in fields:
        raise malformed("the query must name its vector in using")
    name = text(fields, "using")
    return edge.Query.Nearest(vector_of(query, name=name, schema=schema), using=name)


def _fusion(query: Fields) -> "edge.ScoringQueryType":
    if query == {"fusion": "dbsf"}:
        return cast("edge.Fusion", edge.Fusion.Dbsf())  # a subclass, which the engine's stubs do not say
    k = _FUSION_K
    if query != {"fusion": "rrf"}:
        fields = fields_of(query, place="query", known=frozenset({"rrf"}))
        k = integer(
            fields_of(fields.get("rrf"), place="rrf", known=frozenset({"k"})), "k", default=k, minimum=1
        )
    return cast("edge.Fusion", edge.Fusion.Rrf(k=k))  # the same


def _params(fields: Fields) -> edge.SearchParams:
    params = fields_of(fields.get("params", {}), place="params", known=_PARAMS)
    return edge.SearchParams(
        hnsw_ef=optional_integer(params, "hnsw_ef", minimum=1),
        exact=boolean(params, "exact", default=False),
        indexed_only=boolean(params, "indexed_only", default=False),
    )


def run(shard: edge.EdgeShard, queries: Sequence[edge.QueryRequest]) -> list[list[edge.ScoredPoint]]:
    """This will run searches as one planned batch, and give what each found, best first."""
    return shard.query_batch(edge.QueryBatchRequest(list(queries))) if queries else []
