"""Which points does a request's filter let through, in the engine's words?"""

from typing import Final, TypeAlias
from uuid import UUID

import qdrant_edge as edge

from rag.adapters.embedded.engine.fields import Fields, fields_of, integer, items, text
from rag.adapters.embedded.engine.refusals import malformed, not_implemented

PointId: TypeAlias = int | UUID

_CLAUSES: Final = frozenset({"must", "should", "must_not", "min_should"})
_FIELD: Final = frozenset({"key", "match", "range", "is_empty", "is_null"})
_RANGE: Final = frozenset({"gt", "gte", "lt", "lte"})


def filter_of(value: object) -> edge.Filter | None:
    """This will read a filter; None where none is given.

    Raises:
        RefusedError: it is malformed, or has a condition that this process does not know.
    """
    if value is None:
        return None
    clauses = fields_of(value, place="the filter", known=_CLAUSES)
    return edge.Filter(
        must=_conditions(clauses, "must"),
        should=_conditions(clauses, "should"),
        must_not=_conditions(clauses, "must_not"),
        min_should=_min_should(clauses["min_should"]) if "min_should" in clauses else None,
    )


def point_id(value: object) -> PointId:
    """This will read a point's id: a whole number, or a UUID.

    Raises:
        RefusedError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
        return value
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError as error:
        raise malformed(f"{value!r} is no point id: neither a whole number nor a UUID") from error


def _conditions(clauses: Fields, name: str) -> "list[edge.ConditionType] | None":
    if name not in clauses:
        return None
    value = clauses[name]
    return [_condition(one) for one in (value if isinstance(value, list) else [value])]


def _min_should(value: object) -> edge.MinShould:
    fields = fields_of(value, place="min_should", known=frozenset({"conditions", "min_count"}))
    return edge.MinShould(
        conditions=[_condition(one) for one in items(fields.get("conditions"), place="conditions")],
        min_count=integer(fields, "min_count", default=0),
    )


def _condition(value: object) -> "edge.ConditionType":
    fields = fields_of(value, place="a condition")
    if fields.keys() & _CLAUSES:
        nested = filter_of(value)
        if nested is not None:
            return nested
    if fields.keys() == {"has_id"}:
        return edge.HasIdCondition({point_id(one) for one in items(fields["has_id"], place="has_id")})
    for name, kind in (("is_empty", edge.IsEmptyCondition), ("is_null", edge.IsNullCondition)):
        if fields.keys() == {name}:
            inner = fields_of(fields[name], place=name, known=frozenset({"key"}))
            return kind(text(inner, "key"))
    return _field_condition(fields_of(value, place="a condition", known=_FIELD))


def _field_condition(fields: Fields) -> edge.FieldCondition:
    if len(fields) != 1 + ("key" in fields):
        raise malformed(
            "a condition on a field needs a key and exactly one of match, range, is_empty, is_null"
        )
    for name in ("is_empty", "is_null"):
        if name in fields and not isinstance(fields[name], bool):
            raise malformed(f"{name} must be true or false")
    return edge.FieldCondition(
        text(fields, "key"),
        match=_match(fields["match"]) if "match" in fields else None,
        range=_range(fields["range"]) if "range" in fields else None,
        is_empty=bool(fields["is_empty"]) if "is_empty" in fields else None,
        is_null=bool(fields["is_null"]) if "is_null" in fields else None,
    )


def _match(value: object) -> "edge.MatchType":
    fields = fields_of(value, place="match")
    if fields.keys() == {"value"}:
        wanted = fields["value"]
        if not isinstance(wanted, str | int | bool):
            raise malformed("match needs a text, a whole number, true or false")
        return edge.MatchValue(wanted)
    if fields.keys() == {"any"}:
        return edge.MatchAny(_alternatives(fields["any"]))
    if fields.keys() == {"except"}:
        return edge.MatchExcept(_alternatives(fields["except"]))
    raise not_implemented(f"match with {', '.join(sorted(fields)) or 'nothing'}")


def _alternatives(value: object) -> list[str] | list[int]:
    wanted = items(value, place="match")
    words = [one for one in wanted if isinstance(one, str)]
    numbers = [one for one in wanted if isinstance(one, int) and not isinstance(one, bool)]
    if len(words) == len(wanted):
        return words
    if len(numbers) == len(wanted):
        return numbers
    raise malformed("match needs a list of texts or a list of whole numbers")


def _range(value: object) -> "edge.RangeType":
    bounds = fields_of(value, place="range", known=_RANGE)
    if not bounds:
        raise malformed("range needs at least one of gt, gte, lt, lte")
    dates = {name: bound for name, bound in bounds.items() if isinstance(bound, str)}
    numbers = {
        name: float(bound)
        for name, bound in bounds.items()
        if isinstance(bound, int | float) and not isinstance(bound, bool)
    }
    if len(dates) == len(bounds):
        return edge.RangeDateTime(**dates)
    if len(numbers) == len(bounds):
        return edge.RangeFloat(**numbers)
    raise malformed("the bounds of a range must all be numbers or all be dates")
