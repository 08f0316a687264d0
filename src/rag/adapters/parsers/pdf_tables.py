"""Which lines of a page are a table, that must not be cut between its rows?"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from rag.adapters.parsers.pdf_lines import CELL_BREAK, is_row

_FEWEST_ROWS: Final = 3
_FEWEST_WIDE_ROWS: Final = 2
_WIDE: Final = 3
_MOST_ROWS: Final = 30
_LABEL_CHARACTERS: Final = 60


def tables_in(blocks: Sequence[str]) -> list[tuple[int, int]]:
    """This will find the tables among the blocks of a page, as spans of them joined by line breaks.

    A short line without cells between two rows is a row's label. A long table gives several spans.

    >>> tables_in(["Costs", "Steel 1,200 1,350", "Labour 2,400 2,100", "Total 3,600 3,450"])
    [(6, 60)]
    """
    starts = list(accumulate((len(block) + 1 for block in blocks), initial=0))
    spans: list[tuple[int, int]] = []
    for first, last in _runs(blocks):
        for begin in range(first, last + 1, _MOST_ROWS):
            end = min(begin + _MOST_ROWS - 1, last)
            spans.append((starts[begin], starts[end] + len(blocks[end])))
    return spans


def _runs(blocks: Sequence[str]) -> Iterator[tuple[int, int]]:
    rows: list[int] = []
    for place, block in enumerate([*blocks, "."]):
        if is_row(block):
            rows.append(place)
        elif rows and (place - rows[-1] > 1 or not _is_label(block)):
            if _is_table([blocks[row] for row in rows]):
                yield rows[0], rows[-1]
            rows = []


def _is_label(block: str) -> bool:
    return len(block) <= _LABEL_CHARACTERS and not block.endswith(".")


def _is_table(rows: Sequence[str]) -> bool:
    wide = sum(row.count(CELL_BREAK) >= _WIDE - 1 for row in rows)
    return len(rows) >= _FEWEST_ROWS or wide >= _FEWEST_WIDE_ROWS
