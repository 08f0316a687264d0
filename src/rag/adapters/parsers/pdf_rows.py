"""Which printed pieces of a page stand side by side, as the cells of one row?"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from rag.adapters.parsers.pdf_lines import CELL_BREAK, STARTS_AN_ITEM, join
from rag.adapters.parsers.pdf_print import Cell, Row

_A_NUMBER: Final = re.compile(r"[\d.,%$€£()\u2013\u2014-]+")
_A_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_A_MARK: Final = re.compile(r"[^\w\s]{1,2}|\(?(?:\d{1,3}(?:\.\d+)*|[A-Z](?:\.\d+)*|[a-z]|[ivx]+)[.)]?")
_A_CURRENCY: Final = re.compile(r"[$€£¥(]|US\$")
_A_CLOSING: Final = re.compile(r"[)%\]*]{1,3}")
_LEADERS: Final = re.compile(r"(?:\. ?){3,}$|\u2026$")

# In heights of print:
_BESIDE: Final = 0.3
_ONE_CELL: Final = 0.6
_HALF: Final = 0.5
_LINE_ABOVE: Final = 0.8

_STACKED_ROWS: Final = 4
_NARROW: Final = 250.0  # points, some 45 letters: what is wider is a paragraph and no cell
_LONG_CELL: Final = 40
_LONG_SIDES: Final = 2
_LONGEST_CELL: Final = 4_000  # characters; adding to ever longer ones would take ever longer
_LEADERS_WITHIN: Final = 20


def beside_each_other(rows: Iterable[Row]) -> list[Row]:
    """This will put pieces on one height into one row, where the later one stands to the right."""
    joined: list[Row] = []
    for row in rows:
        if joined and _goes_on(joined[-1], row):
            _put_beside(joined[-1], row)
        else:
            joined.append(row)
    return joined


def with_stacked_cells(rows: Iterable[Row]) -> list[Row]:
    """This will put the lines of a cell together, where the cell to its right comes after them."""
    done: list[Row] = []
    for row in rows:
        if not row.cells or not row.placed or not done:
            done.append(row)
        elif _continues_a_cell(done[-1], row):
            done[-1].cells[-1] = _below(done[-1].cells[-1], row.cells[0])
        elif (first := _row_beside(done, row)) is not None:
            for lower in done[first + 1 :]:
                done[first].cells[-1] = _below(done[first].cells[-1], lower.cells[0])
            del done[first + 1 :]
            _put_beside(done[first], row)
        else:
            done.append(row)
    return done


def line_of(row: Row, *, alone: bool) -> str:
    """This will write a row as a line; list marks, currency signs and leaders make no cells of their own.

    `alone` says that no other row stands around it: then two long cells are a sentence with a wide space.
    """
    texts = [cell.text for cell in row.cells]
    if not texts:
        return ""
    if len(texts) == _LONG_SIDES and alone and min(map(len, texts)) >= _LONG_CELL:
        return " ".join(texts)
    line = texts[0]
    for place, (before, text) in enumerate(pairwise(texts)):
        plain = _makes_no_cell(before, text, first=place == 0, last=place == len(texts) - 2)
        line += " " + text if plain else CELL_BREAK + text
    return line


def _makes_no_cell(before: str, text: str, *, first: bool, last: bool) -> bool:
    if (
        _A_CURRENCY.fullmatch(before)
        or _A_CLOSING.fullmatch(text)
        or _LEADERS.search(before[-_LEADERS_WITHIN:])
    ):
        return True
    if not first:
        return False
    if STARTS_AN_ITEM.match(before + " ") and len(before) <= _STACKED_ROWS:
        return True
    if last and _A_MARK.fullmatch(before):
        return text[:1].isalpha()
    return last and before.endswith(":") and len(text) >= _LONG_CELL


def _goes_on(row: Row, following: Row) -> bool:
    if not (row.cells and following.cells and row.placed and following.placed):
        return False
    last, cell = row.cells[-1], following.cells[0]
    beside = cell.left >= last.right - _BESIDE * cell.height and len(last.text) <= _LONGEST_CELL
    return beside and _share_height(last, cell)


def _share_height(one: Cell, other: Cell) -> bool:
    shared = min(one.top, other.top) - max(one.bottom, other.bottom)
    return shared >= _HALF * min(one.height, other.height)


def _put_beside(row: Row, following: Row) -> None:
    last, cell = row.cells[-1], following.cells[0]
    if cell.left - last.right < _ONE_CELL * cell.height:
        row.cells[-1] = Cell(
            f"{last.text} {cell.text}",
            last.left,
            cell.right,
            min(last.bottom, cell.bottom),
            max(last.top, cell.top),
        )
        row.cells.extend(following.cells[1:])
    else:
        row.cells.extend(following.cells)


def _below(cell: Cell, lower: Cell) -> Cell:
    return Cell(
        join(cell.text, lower.text),
        min(cell.left, lower.left),
        max(cell.right, lower.right),
        min(cell.bottom, lower.bottom),
        max(cell.top, lower.top),
    )


def _continues_a_cell(row: Row, following: Row) -> bool:
    """Tell whether a line goes on with the last cell of the row above it."""
    if len(row.cells) <= 1 or not row.placed or len(following.cells) != 1:
        return False
    last, cell = row.cells[-1], following.cells[0]
    if len(last.text) > _LONGEST_CELL:
        return False
    if cell.left < row.cells[-2].right or cell.left >= last.right or cell.right <= last.left:
        return False
    if any(_share_height(other, cell) for other in row.cells[:-1]):
        return True
    close = 0 <= last.bottom - cell.top + _BESIDE * cell.height <= _LINE_ABOVE * cell.height
    return close and len(last.text) >= _LONG_CELL and abs(cell.left - last.left) < cell.height


def _row_beside(done: Sequence[Row], row: Row) -> int | None:
    """Find the row, some lines up, whose last cell has lines down to here, and which `row` stands beside."""
    cell = row.cells[0]
    if _A_NUMBER.fullmatch(cell.text) and not _A_YEAR.fullmatch(cell.text):
        return None
    for place in range(len(done) - 1, max(-1, len(done) - 1 - _STACKED_ROWS), -1):
        upper = done[place]
        if not upper.cells or not upper.placed or _is_beside(upper.cells[-1], cell) is None:
            return None
        if _share_height(upper.cells[-1], cell):
            return place
        if len(upper.cells) > 1:
            return None
    return None


def _is_beside(upper: Cell, cell: Cell) -> bool | None:
    narrow = upper.right - upper.left <= _NARROW
    return True if narrow and cell.left >= upper.right - _BESIDE * cell.height else None
