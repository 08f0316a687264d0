"""Which rows and cells does a table of a Word document have?"""

from collections.abc import Iterator, Sequence
from typing import Final

from rag.adapters.parsers.docx_xml import Element, W, children, number_of, value_of

_MOST_EMPTY_CELLS: Final = 63  # as many columns as Word allows
_CONTINUED: Final = "continue"


def rows_of(table: Element) -> Iterator[list[Element | None]]:
    """This will give the cells of each row; None is a place that is empty or covered by a cell above."""
    for row in children(table):
        if row.tag != f"{W}tr" or row.find(f"{W}trPr/{W}del") is not None:
            continue
        skipped = number_of(row.find(f"{W}trPr/{W}gridBefore")) or 0
        cells: list[Element | None] = [None] * min(skipped, _MOST_EMPTY_CELLS)
        found = (cell for cell in children(row) if cell.tag == f"{W}tc")
        yield cells + [None if _is_covered(cell) else cell for cell in found]


def is_one_column(rows: Sequence[Sequence[Element | None]]) -> bool:
    """This will say whether a table only draws boxes around text, one below the other."""
    return all(len(row) <= 1 for row in rows)


def _is_covered(cell: Element) -> bool:
    merged = cell.find(f"{W}tcPr/{W}vMerge")
    across = cell.find(f"{W}tcPr/{W}hMerge")
    return any(one is not None and (value_of(one) or _CONTINUED) == _CONTINUED for one in (merged, across))
