"""How do points come in, and how are they shown?"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import qdrant_edge as edge

from rag.adapters.embedded.engine.fields import Fields, fields_of, items, texts
from rag.adapters.embedded.engine.filters import PointId, point_id
from rag.adapters.embedded.engine.refusals import malformed, not_implemented
from rag.adapters.embedded.engine.schema import Schema

_POINT: Final = frozenset({"id", "vector", "payload"})
_SPARSE: Final = frozenset({"indices", "values"})
_LARGEST: Final = 3.4e38  # float32
_LARGEST_INDEX: Final = (1 << 32) - 1


def points_of(value: object, schema: Schema) -> list[edge.Point]:
    """This will read points, and check all of them before the engine sees the first.

    The engine would stop in the middle of a batch at a vector of the wrong size, and panics at a malformed
    sparse vector.

    Raises:
        RefusedError: one of them is malformed, or does not fit the collection.
    """
    return [_point(one, schema) for one in items(value, place="points")]


def vector_of(value: object, *, name: str, schema: Schema) -> list[float] | edge.SparseVector:
    """This will read one vector that fits the collection's vector `name`.

    Raises:
        RefusedError: there is no such vector, or it is of another size or kind.
    """
    if name in schema.dense:
        return _dense(value, size=schema.dense[name][0])
    if name in schema.sparse:
        return _sparse(value)
    raise malformed(f"Not existing vector name error: {name}")


def payload_selector(value: object, *, default: bool) -> "edge.WithPayloadType":
    """This will read which payload fields are wanted.

    Raises:
        RefusedError: it is malformed.
    """
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return texts(value, place="with_payload")
    fields = fields_of(value, place="with_payload", known=frozenset({"include", "exclude"}))
    if fields.keys() == {"include"}:
        return edge.PayloadSelector.Include(texts(fields["include"], place="include"))
    if fields.keys() == {"exclude"}:
        return edge.PayloadSelector.Exclude(texts(fields["exclude"], place="exclude"))
    raise malformed("with_payload needs either include or exclude")


def vector_selector(value: object) -> "edge.WithVectorType":
    """This will read which vectors are wanted; none by default.

    Raises:
        RefusedError: it is malformed.
    """
    if value is None:
        return False
    return value if isinstance(value, bool) else texts(value, place="with_vector")


def shown_records(records: Iterable[edge.Record]) -> list[Fields]:
    """This will give points as Qdrant shows them."""
    return [_shown(record) for record in records]


def shown_scored(found: Sequence[edge.ScoredPoint]) -> list[Fields]:
    """This will give points with their scores as Qdrant shows them."""
    return [{**_shown(point), "version": point.version, "score": point.score} for point in found]


def plain_id(value: "edge.PointId") -> PointId:
    """This will give an id as the engine takes it back."""
    return UUID(value) if isinstance(value, str) else value


def _shown(point: edge.Record | edge.ScoredPoint) -> Fields:
    shown: Fields = {"id": point.id}
    if point.payload is not None:
        shown["payload"] = point.payload
    if isinstance(point.vector, dict):
        shown["vector"] = {name: _shown_vector(vector) for name, vector in point.vector.items()}
    return shown


def _shown_vector(vector: object) -> object:
    if isinstance(vector, edge.SparseVector):
        return {"indices": vector.indices, "values": vector.values}
    return vector


def _point(value: object, schema: Schema) -> edge.Point:
    fields = fields_of(value, place="a point", known=_POINT)
    if not isinstance(fields.get("vector"), dict):
        raise not_implemented("a vector without a name")
    vectors: dict[str, edge.NamedVector] = {
        name: vector_of(vector, name=name, schema=schema)
        for name, vector in fields_of(fields["vector"], place="vector").items()
    }
    payload = fields.get("payload", {})
    if not isinstance(payload, dict):
        raise malformed("payload must be an object")
    return edge.Point(point_id(fields.get("id")), vectors, payload)


def _dense(value: object, *, size: int) -> list[float]:
    if not isinstance(value, list):
        raise malformed("a dense vector must be a list of numbers")
    if len(value) != size:
        raise malformed(f"Vector dimension error: expected dim: {size}, got {len(value)}")
    _check_numbers(value)
    return value


def _sparse(value: object) -> edge.SparseVector:
    fields = fields_of(value, place="a sparse vector", known=_SPARSE)
    indices, values = fields.get("indices"), fields.get("values")
    if not isinstance(indices, list) or not isinstance(values, list) or len(indices) != len(values):
        raise malformed("a sparse vector needs as many indices as values")
    if values:
        _check_indices(indices)
        _check_numbers(values)
    return edge.SparseVector(indices, values)


def _check_indices(indices: list[int]) -> None:
    if set(map(type, indices)) != {int} or min(indices) < 0 or max(indices) > _LARGEST_INDEX:
        raise malformed("the indices of a sparse vector must be whole numbers of 32 bits")
    if len(set(indices)) != len(indices):
        raise malformed("the indices of a sparse vector must differ")


def _check_numbers(values: list[float]) -> None:
    try:
        within = max(values) <= _LARGEST and min(values) >= -_LARGEST
    except TypeError as error:
        raise malformed("a vector must hold numbers") from error
    if not within:
        raise malformed("a vector must hold numbers that fit float32")
