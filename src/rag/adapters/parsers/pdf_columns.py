"""In which order are columns of prose read whose lines the file gives row by row?"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from rag.adapters.parsers.pdf_lines import is_row
from rag.adapters.parsers.pdf_print import Cell, Row

_FEWEST_ROWS: Final = 5
_MOST_COLUMNS: Final = 8
_WORDS: Final = 4
_FULL: Final = 0.65
_ROW_DISTANCE: Final = 3.0  # heights of print
_FEW: Final = 0.2


def from_the_top(rows: Sequence[Row]) -> list[Row]:
    """This will turn a page round whose every line stands above the one before it."""
    placed = [row.cells[0].bottom for row in rows if row.cells and row.placed]
    rising = len(placed) > 1 and all(one < other for one, other in pairwise(placed))
    return list(reversed(rows)) if rising and len(placed) == len(rows) else list(rows)


class _Span(NamedTuple):
    left: float
    right: float


def column_by_column(rows: Sequence[Row]) -> list[Row]:
    """This will put every run of rows that are lines of columns side by side into the order of the columns.

    What is a table, with short or uneven cells or with numbers, stays as it is.
    """
    ordered: list[Row] = []
    at = 0
    while at < len(rows):
        end, spans = _run(rows, at)
        columns = _columns(rows[at:end], spans)
        if _are_prose(columns):
            ordered.extend(Row([cell]) for column in columns for cell in column)
        else:
            ordered.extend(rows[at:end])
        at = end
    return ordered


def _run(rows: Sequence[Row], start: int) -> tuple[int, list[_Span]]:
    """Give the end of the rows, from `start` on, that keep the same strips of the page free of print."""
    cells = rows[start].cells
    if not 1 < len(cells) <= _MOST_COLUMNS or any(cell.text.count(" ") < _WORDS - 1 for cell in cells):
        return start + 1, []
    spans = [_Span(cell.left, cell.right) for cell in cells]
    end = start + 1
    while end < len(rows):
        widened = _widened(spans, rows[end])
        if widened is None or _is_far(rows[end - 1], rows[end]):
            break
        spans = widened
        end += 1
    return end, spans


def _widened(spans: Sequence[_Span], row: Row) -> list[_Span] | None:
    """Fit the cells of a row into the columns; None if one of them fits no column, or reaches over two."""
    if not row.cells or not row.placed:
        return None
    columns = list(spans)
    for cell in row.cells:
        place = _column_of(columns, cell)
        if place is None:
            return None
        columns[place] = _Span(min(columns[place].left, cell.left), max(columns[place].right, cell.right))
    apart = all(one.right < other.left for one, other in pairwise(columns))
    return columns if apart else None


def _column_of(spans: Sequence[_Span], cell: Cell) -> int | None:
    touched = [place for place, span in enumerate(spans) if cell.left < span.right and cell.right > span.left]
    return touched[0] if len(touched) == 1 else None


def _is_far(row: Row, following: Row) -> bool:
    upper, lower = row.cells[0], following.cells[0]
    return abs(upper.bottom - lower.bottom) > _ROW_DISTANCE * max(upper.height, lower.height)


def _columns(rows: Sequence[Row], spans: Sequence[_Span]) -> list[list[Cell]]:
    columns: list[list[Cell]] = [[] for _ in spans]
    if sum(len(row.cells) > 1 for row in rows) < _FEWEST_ROWS:
        return []
    for row in rows:
        for cell in row.cells:
            place = _column_of(spans, cell)
            if place is not None:
                columns[place].append(cell)
    return columns


def _are_prose(columns: Sequence[Sequence[Cell]]) -> bool:
    return bool(columns) and all(_is_prose(column) for column in columns)


def _is_prose(column: Sequence[Cell]) -> bool:
    """Tell prose, whose lines are long, mostly full and without holes, from the cells of a table's column."""
    holes = any(
        abs(upper.bottom - lower.bottom) > _ROW_DISTANCE * lower.height for upper, lower in pairwise(column)
    )
    if len(column) < _FEWEST_ROWS or holes:
        return False
    widths = [cell.right - cell.left for cell in column]
    words = [len(cell.text.split()) for cell in column]
    numbers = sum(is_row(cell.text) for cell in column)
    return median(words) >= _WORDS and median(widths) >= _FULL * max(widths) and numbers <= _FEW * len(column)
