"""Which lines does a page of a PDF hold, in the order in which a person reads them?"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import pypdfium2 as pdfium

from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.pdf_columns import column_by_column, from_the_top
from rag.adapters.parsers.pdf_lines import ENDS_A_SENTENCE, HYPHEN_AT_BREAK
from rag.adapters.parsers.pdf_print import Row, printed_lines
from rag.adapters.parsers.pdf_rows import beside_each_other, line_of, with_stacked_cells

_KEPT: Final = "\ue0ff"
_FARTHER: Final = 1.4  # times the usual distance between lines: a new paragraph, or a heading
_FEWEST_DISTANCES: Final = 4
_FAR: Final = 2.6  # heights of print; more than double spacing


def lines_of_page(page: pdfium.PdfPage) -> list[str]:
    """This will give the lines of a page, rows of cells as one line each; an empty line parts paragraphs."""
    textpage = page.get_textpage()
    try:
        lines = printed_lines(textpage)
    finally:
        textpage.close()
    shown = from_the_top(_on_the_page(lines, page))
    rows = with_stacked_cells(column_by_column(beside_each_other(shown)))
    # Cleaning drops unseen characters, and this one must live until the words are put together.
    text = clean("\n".join(_written(rows)).replace(HYPHEN_AT_BREAK, _KEPT)).replace(_KEPT, HYPHEN_AT_BREAK)
    return [" ".join(line.split()) for line in text.split("\n")]


def _on_the_page(rows: Sequence[Row], page: pdfium.PdfPage) -> list[Row]:
    """Leave out what is written beside the sheet, which nobody sees."""
    left, bottom, right, top = page.get_bbox()
    return [
        row
        for row in rows
        if not (row.cells and row.placed)
        or any(
            cell.left < right and cell.right > left and cell.bottom < top and cell.top > bottom
            for cell in row.cells
        )
    ]


def _written(rows: Sequence[Row]) -> Iterator[str]:
    farther = _new_paragraph(rows)
    around = [0, *(len(row.cells) for row in rows), 0]
    for place, row in enumerate(rows):
        if place and (_distance(rows[place - 1], row) > farther or _begins_a_column(rows[place - 1], row)):
            yield ""
        yield line_of(row, alone=around[place] <= 1 and around[place + 2] <= 1)


def _distance(upper: Row, lower: Row) -> float:
    """Give how far a line stands below the one before it; nought where that is not its order."""
    if not (upper.cells and lower.cells and upper.placed and lower.placed):
        return 0.0
    return max(0.0, min(cell.bottom for cell in upper.cells) - min(cell.bottom for cell in lower.cells))


def _begins_a_column(last: Row, first: Row) -> bool:
    """Tell whether a line stands above the one before it, which ended a sentence."""
    if not (last.cells and first.cells and last.placed and first.placed):
        return False
    rises = first.cells[0].bottom > last.cells[-1].top
    return rises and ENDS_A_SENTENCE.search(last.cells[-1].text) is not None


def _new_paragraph(rows: Sequence[Row]) -> float:
    """Give the distance between lines of this page above which something new begins."""
    heights = [cell.height for row in rows for cell in row.cells if row.placed]
    far = _FAR * median(heights) if heights else 0.0
    distances = [_distance(upper, lower) for upper, lower in pairwise(rows)]
    downwards = [distance for distance in distances if distance > 0]
    return min(far, _FARTHER * median(downwards)) if len(downwards) >= _FEWEST_DISTANCES else far
