"""How do the rows of a table become lines that each make sense alone?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from rag.adapters.parsers.composing import TextComposer
from rag.ports.parsing import FileTooLargeError

Row: TypeAlias = Sequence[str]

MAX_CELLS: Final = 2_000_000
SMALL_TABLE_ROWS: Final = 20
MAX_CHARACTERS: Final = 64 * 2**20
_LONGEST_HEADER: Final = 80
_ENOUGH_ROWS_TO_JUDGE: Final = 50
_MOSTLY: Final = 0.6
_A_PAIR: Final = 2
_FIGURE: Final = re.compile(r"^[-+(]?[€$£¥]?\s?\d[\d.,:/'% \u00a0TZ+-]*[)%€$£¥]?$")


@dataclass(frozen=True, slots=True)
class _Header:
    """The names of columns, and in which columns they stand."""

    names: dict[int, str]

    @classmethod
    def of(cls, row: Row) -> "_Header":
        """Take the names from a row."""
        return cls({place: cell.rstrip(": ") or cell for place, cell in enumerate(row) if cell})


class TableWriter:
    """Writes tables into a composer; a table without a header of its own has that of the one above it."""

    def __init__(self, composer: TextComposer) -> None:
        self._composer = composer
        self._header: _Header | None = None
        self._characters = 0

    def write(self, rows: Iterable[Row]) -> None:
        """This will append the rows of one sheet; empty rows part its tables from each other.

        Cells hold no line breaks.

        Raises:
            FileTooLargeError: the text of it would be longer than we keep.
        """
        self._header = None
        alone: list[Row] = []
        for filled, block in groupby(rows, key=any):
            if not filled:
                continue
            table = alone + list(block)
            # A header may be set off from its table by an empty row.
            alone = table if len(table) == 1 and sum(map(bool, table[0])) > 1 else []
            if not alone:
                self._write_table(table)
        if alone:
            self._write_table(alone)

    def _write_table(self, rows: list[Row]) -> None:
        columns = sorted({place for row in rows for place, cell in enumerate(row) if cell})
        start = _rows_above_header(rows, width=len(columns))
        header = self._header_of(rows[start:], columns)
        lines = [" | ".join(cell for cell in row if cell) for row in rows[:start]]
        if header is not None and header is not self._header:
            self._header = header
            start += 1
        lines += [_line_of(row, header=header, columns=columns) for row in rows[start:]]
        self._characters += sum(map(len, lines))
        if self._characters > MAX_CHARACTERS:
            raise FileTooLargeError(f"The text of its tables has more than {MAX_CHARACTERS:,} characters.")
        self._composer.add("\n".join(lines), unbroken=len(rows) <= SMALL_TABLE_ROWS)

    def _header_of(self, rows: Sequence[Row], columns: Sequence[int]) -> _Header | None:
        """Give the header that stands in the first of `rows`, or that of the table above if it fits."""
        before = self._header
        continues = before is not None and set(columns) <= before.names.keys()
        if not rows or not _could_be_header(rows[0], width=len(columns)) or len(rows) == 1:
            return before if continues else None
        if _recurs_below(rows):
            return before if continues else None
        if _names_figures(rows):
            return _Header.of(rows[0])
        if continues:
            return before
        # Of two columns of words nobody can say whether the first row is a header or a pair like the others.
        if len(columns) > _A_PAIR:
            return _Header.of(rows[0])
        return None


def _rows_above_header(rows: Sequence[Row], *, width: int) -> int:
    """Count the rows at the beginning that say one thing about a table of several columns."""
    if width == 1:
        return 0
    for count, row in enumerate(rows):
        if sum(map(bool, row)) > 1:
            return count
    return 0


def _could_be_header(row: Row, *, width: int) -> bool:
    names = [cell for cell in row if cell]
    return (
        width > 1
        and len(names) >= max(2, _MOSTLY * width)
        and len(set(names)) == len(names)
        and all(len(name) <= _LONGEST_HEADER and not _FIGURE.match(name) for name in names)
    )


def _recurs_below(rows: Sequence[Row]) -> bool:
    """Say whether a word of the first row is a value of its column, too."""
    below = rows[1 : 1 + _ENOUGH_ROWS_TO_JUDGE]
    return any(
        name and place < len(row) and row[place] == name
        for row in below
        for place, name in enumerate(rows[0])
    )


def _names_figures(rows: Sequence[Row]) -> bool:
    """Say whether a word of the first row stands above a column of figures."""
    below = rows[1 : 1 + _ENOUGH_ROWS_TO_JUDGE]
    for place, name in enumerate(rows[0]):
        cells = [row[place] for row in below if place < len(row) and row[place]]
        if name and cells and sum(bool(_FIGURE.match(cell)) for cell in cells) > _MOSTLY * len(cells):
            return True
    return False


def _line_of(row: Row, *, header: _Header | None, columns: Sequence[int]) -> str:
    if header is None:
        cells = [row[place] if place < len(row) else "" for place in columns]
        return " | ".join(cells).rstrip(" |")
    names = header.names
    return "; ".join(
        f"{names[place]}: {cell}" if place in names else cell for place, cell in enumerate(row) if cell
    )
