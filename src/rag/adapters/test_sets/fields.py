"""What stands in a field, and is it of the kind that we read?"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final, cast

from rag.domain.golden import InvalidTestSetError

LARGEST_WHOLE_NUMBER: Final = 999_999
SHOWN: Final = 20

_WHOLE_NUMBER: Final = re.compile("-?[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of a JSON file, with its place for messages."""

    values: Mapping[str, object]
    file: str
    place: str | None = None

    def refuse_others(self, known: Collection[str]) -> None:
        """This will refuse names that nobody reads: they are slips of the pen."""
        unknown = sorted(self.values.keys() - set(known))
        if unknown:
            raise self.fault(unknown[0], f"It is not known; known are {', '.join(known)}.")

    def text(self, name: str) -> str:
        """This will give a field that must be there, and be text."""
        if name not in self.values:
            raise self.fault(name, "It is missing.")
        value = self.values[name]
        if not isinstance(value, str):
            raise self.fault(name, "It must be text.")
        return value

    def optional_text(self, name: str) -> str | None:
        """This will give text, or None where the field is left out or null."""
        return None if self.values.get(name) is None else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """This will give a list of texts, empty where it is left out."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.fault(name, "It must be a list of texts.")
        return tuple(value)

    def whole_number(self, name: str, *, default: int) -> int:
        """This will give a whole number."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fault(name, "It must be a whole number.")
        if abs(value) > LARGEST_WHOLE_NUMBER:
            raise self.fault(name, "It must be a whole number of at most six digits.")
        return value

    def number(self, name: str) -> float:
        """This will give a finite number that must be there."""
        value = self.values.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.fault(name, "It must be a number.")
        try:
            number = float(value)
        except OverflowError as error:  # a whole number of hundreds of digits
            raise self.fault(name, "It is too large.") from error
        if not isfinite(number):
            raise self.fault(name, "It must be a finite number.")
        return number

    def score(self, name: str) -> float:
        """This will give a number from 0 to 1: one that is not would silence every comparison with it."""
        number = self.number(name)
        if not 0 <= number <= 1:
            raise self.fault(name, "It must be from 0 to 1.")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """This will give true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.fault(name, "It must be true or false.")
        return value

    def inner(self, name: str, *, place: str | None = None) -> "Fields":
        """This will give an object within this one."""
        return self._as_fields(self.values.get(name), name, place=place or self.place)

    def inner_list(self, name: str) -> "list[Fields]":
        """This will give a list of objects within this one, empty where it is left out."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self.fault(name, "It must be a list.")
        return [self._as_fields(one, name, place=self.place) for one in value]

    def fault(self, name: str, reason: str) -> InvalidTestSetError:
        """This will say what is wrong with a field, and where it stands."""
        return InvalidTestSetError(reason, file=self.file, place=self.place, field=name)

    def _as_fields(self, value: object, name: str, *, place: str | None) -> "Fields":
        if not isinstance(value, dict):
            raise self.fault(name, "It must be an object.")
        return Fields(value, self.file, place)


def whole_number_in(cell: str, *, file: str, place: str, field: str) -> int:
    """This will read a whole number of at most six digits from a table's cell.

    Raises:
        InvalidTestSetError: it is anything else.
    """
    if not _WHOLE_NUMBER.fullmatch(cell):
        shown = cell if len(cell) <= SHOWN else f"{cell[:SHOWN]}…"
        reason = f"It is {shown!r}, but must be a whole number of at most six digits."
        raise InvalidTestSetError(reason, file=file, place=place, field=field)
    return int(cell)


def fields_of(text: str, *, file: str, line: int | None = None) -> Fields:
    """This will read a JSON object; `line` is where it stands in a file of one object a line.

    Raises:
        InvalidTestSetError: it is no JSON, or no object.
    """
    place = None if line is None else f"line {line}"
    try:
        value = cast("object", json.loads(text))
    except json.JSONDecodeError as error:
        raise InvalidTestSetError(
            f"It is not JSON: {error.msg}.", file=file, place=place or f"line {error.lineno}"
        ) from error
    except (RecursionError, ValueError) as error:  # brackets without end, or a number of thousands of digits
        raise InvalidTestSetError("It is not JSON that can be read.", file=file, place=place) from error
    if not isinstance(value, dict):
        raise InvalidTestSetError("It must be a JSON object.", file=file, place=place)
    return Fields(value, file, place)
