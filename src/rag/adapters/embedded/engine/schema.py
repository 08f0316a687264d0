"""What does a collection hold, and how is that told to the engine and to clients?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import qdrant_edge as edge

from rag.adapters.embedded.engine.fields import Fields, boolean, fields_of, integer, optional_number, text
from rag.adapters.embedded.engine.refusals import malformed, not_implemented

_DISTANCES: Final = {
    "Cosine": edge.Distance.Cosine,
    "Dot": edge.Distance.Dot,
    "Euclid": edge.Distance.Euclid,
    "Manhattan": edge.Distance.Manhattan,
}
_COLLECTION: Final = frozenset(
    {
        "hnsw_config",
        "metadata",
        "on_disk_payload",
        "optimizers_config",
        "replication_factor",
        "shard_number",
        "sparse_vectors",
        "vectors",
        "write_consistency_factor",
    }
)
_GRAPH: Final = frozenset({"ef_construct", "full_scan_threshold", "m", "max_indexing_threads"})
_OPTIMIZERS: Final = frozenset(
    {"default_segment_number", "deleted_threshold", "indexing_threshold", "vacuum_min_vector_number"}
)
_ONE: Final = ("shard_number", "replication_factor", "write_consistency_factor")


@dataclass(frozen=True, slots=True)
class Graph:
    """How HNSW is built, under the names and with the defaults of Qdrant's `hnsw_config`.

    Attributes:
        full_scan_threshold: kilobytes of vectors up to which a filtered search scans.
        max_indexing_threads: 0 uses every core.
    """

    m: int
    ef_construct: int
    full_scan_threshold: int
    max_indexing_threads: int


@dataclass(frozen=True, slots=True)
class Optimizers:
    """When segments are rebuilt, under the names and with the defaults of Qdrant's `optimizers_config`.

    Attributes:
        indexing_threshold: kilobytes of vectors above which a segment gets a graph.
    """

    indexing_threshold: int
    default_segment_number: int
    deleted_threshold: float
    vacuum_min_vector_number: int


@dataclass(frozen=True, slots=True)
class Schema:
    """A collection's vectors by name, and its settings.

    Attributes:
        dense: name to (size, distance).
        sparse: name to whether the engine weighs by inverse document frequency.
    """

    dense: Mapping[str, tuple[int, str]]
    sparse: Mapping[str, bool]
    graph: Graph
    optimizers: Optimizers
    on_disk_payload: bool
    metadata: Fields

    def config(self) -> edge.EdgeConfig:
        """This will say it in the engine's words."""
        return edge.EdgeConfig(
            vectors={
                name: edge.EdgeVectorParams(size=size, distance=_DISTANCES[distance])
                for name, (size, distance) in self.dense.items()
            },
            sparse_vectors={
                name: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf if weighed else None)
                for name, weighed in self.sparse.items()
            },
            on_disk_payload=self.on_disk_payload,
            hnsw_config=edge.HnswIndexConfig(
                m=self.graph.m,
                ef_construct=self.graph.ef_construct,
                full_scan_threshold=self.graph.full_scan_threshold,
                max_indexing_threads=self.graph.max_indexing_threads,
            ),
            optimizers=edge.EdgeOptimizersConfig(
                deleted_threshold=self.optimizers.deleted_threshold,
                vacuum_min_vector_number=self.optimizers.vacuum_min_vector_number,
                default_segment_number=self.optimizers.default_segment_number,
                indexing_threshold=self.optimizers.indexing_threshold,
            ),
            wal_enabled=True,
        )

    @property
    def bytes_a_point(self) -> int:
        """What one point's dense vectors take, as float32."""
        return sum(4 * size for size, _ in self.dense.values())

    @property
    def graph_pays_from(self) -> int:
        """The number of points from which the engine builds a graph."""
        return self.optimizers.indexing_threshold * 1024 // max(1, self.bytes_a_point)


def schema_of(request: object) -> Schema:
    """This will read the body of a request that creates a collection.

    Raises:
        RefusedError: it is malformed, or wants what this process does not do.
    """
    body = fields_of(request, place="the collection", known=_COLLECTION)
    for name in _ONE:
        if integer(body, name, default=1) != 1:
            raise not_implemented(f"{name} above 1")
    dense = {
        name: _dense(params, name)
        for name, params in fields_of(body.get("vectors", {}), place="vectors").items()
    }
    sparse = {
        name: _sparse(params, name)
        for name, params in fields_of(body.get("sparse_vectors", {}), place="sparse_vectors").items()
    }
    if not dense and not sparse:
        raise malformed("a collection needs at least one vector")
    return Schema(
        dense=dense,
        sparse=sparse,
        graph=_graph(body.get("hnsw_config", {})),
        optimizers=_optimizers(body.get("optimizers_config", {})),
        on_disk_payload=boolean(body, "on_disk_payload", default=True),
        metadata=fields_of(body.get("metadata", {}), place="metadata"),
    )


def _dense(value: object, name: str) -> tuple[int, str]:
    # A number here means `{"size": …}` at the top: one vector without a name, which we never use.
    if not isinstance(value, dict):
        raise not_implemented("a vector without a name")
    params = fields_of(value, place=f"the vector {name}", known=frozenset({"size", "distance"}))
    distance = text(params, "distance")
    if distance not in _DISTANCES:
        raise malformed(f"the distance {distance} is unknown")
    return integer(params, "size", default=0, minimum=1), distance


def _sparse(value: object, name: str) -> bool:
    params = fields_of(value, place=f"the sparse vector {name}", known=frozenset({"modifier"}))
    modifier = params.get("modifier", "none")
    if modifier not in {"none", "idf"}:
        raise malformed(f"the modifier {modifier} is unknown")
    return modifier == "idf"


def _graph(value: object) -> Graph:
    params = fields_of(value, place="hnsw_config", known=_GRAPH)
    return Graph(
        m=integer(params, "m", default=16),
        ef_construct=integer(params, "ef_construct", default=100, minimum=4),
        full_scan_threshold=integer(params, "full_scan_threshold", default=10_000),
        max_indexing_threads=integer(params, "max_indexing_threads", default=0),
    )


def _optimizers(value: object) -> Optimizers:
    params = fields_of(value, place="optimizers_config", known=_OPTIMIZERS)
    deleted = optional_number(params, "deleted_threshold")
    return Optimizers(
        indexing_threshold=integer(params, "indexing_threshold", default=10_000),
        default_segment_number=integer(params, "default_segment_number", default=0),
        deleted_threshold=0.2 if deleted is None else deleted,
        vacuum_min_vector_number=integer(params, "vacuum_min_vector_number", default=1000),
    )
