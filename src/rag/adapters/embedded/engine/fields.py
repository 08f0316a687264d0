"""What does a request's JSON say, field by field, with nothing passed over in silence?"""

from collections.abc import Sequence
from typing import TypeAlias

import orjson

from rag.adapters.embedded.engine.refusals import malformed, not_implemented

Fields: TypeAlias = dict[str, object]


def parse(body: bytes) -> object:
    """This will read a request's body.

    Raises:
        RefusedError: it is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise malformed(f"the body is not JSON: {error}") from error


def fields_of(value: object, *, place: str, known: frozenset[str] | None = None) -> Fields:
    """This will give the fields of an object that are not null.

    Args:
        value: what should be an object.
        place: where it stands, for the message.
        known: the fields that we carry out; None where any name may stand.

    Raises:
        RefusedError: it is no object, or has a field that we do not carry out.
    """
    if not isinstance(value, dict):
        raise malformed(f"{place} must be an object")
    given = {name: field for name, field in value.items() if field is not None}
    unknown = sorted(given.keys() - known) if known is not None else []
    if unknown:
        raise not_implemented(f"{place} with {', '.join(unknown)}")
    return given


def integer(fields: Fields, name: str, *, default: int, minimum: int = 0) -> int:
    """This will give a whole number.

    Raises:
        RefusedError: it is something else, or below `minimum`.
    """
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise malformed(f"{name} must be a whole number of at least {minimum}")
    return value


def optional_integer(fields: Fields, name: str, *, minimum: int = 0) -> int | None:
    """This will give a whole number, or None where none is given.

    Raises:
        RefusedError: it is something else, or below `minimum`.
    """
    return integer(fields, name, default=minimum, minimum=minimum) if name in fields else None


def optional_number(fields: Fields, name: str) -> float | None:
    """This will give a number, or None where none is given.

    Raises:
        RefusedError: it is something else.
    """
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise malformed(f"{name} must be a number")
    return float(value)


def boolean(fields: Fields, name: str, *, default: bool) -> bool:
    """This will give true or false.

    Raises:
        RefusedError: it is something else.
    """
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise malformed(f"{name} must be true or false")
    return value


def text(fields: Fields, name: str) -> str:
    """This will give a text that must be there.

    Raises:
        RefusedError: it is missing or something else.
    """
    value = fields.get(name)
    if not isinstance(value, str):
        raise malformed(f"{name} must be a text")
    return value


def items(value: object, *, place: str) -> Sequence[object]:
    """This will give the members of a list.

    Raises:
        RefusedError: it is no list.
    """
    if not isinstance(value, list):
        raise malformed(f"{place} must be a list")
    return value


def texts(value: object, *, place: str) -> list[str]:
    """This will give the members of a list of texts.

    Raises:
        RefusedError: it is something else.
    """
    members = [member for member in items(value, place=place) if isinstance(member, str)]
    if not isinstance(value, list) or len(members) != len(value):
        raise malformed(f"{place} must be a list of texts")
    return members
