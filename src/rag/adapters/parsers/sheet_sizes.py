"""How large is the field of cells that the sheets of a workbook span?

The library that reads them makes room for every cell between the first and the last, so one cell in the last
row and the last column would fill any memory before anybody could count.
"""

import re
from collections.abc import Mapping
from itertools import chain
from typing import Final

from rag.adapters.parsers.table_text import MAX_CELLS
from rag.ports.parsing import FileTooLargeError

_SHEET: Final = re.compile(r"^xl/(?:.*/)?[^/]*\.xml$", re.IGNORECASE)
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACE: Final = re.compile(rb"""\sr\s*=\s*["']\$?([A-Za-z]{1,4})\$?(\d{1,8})["']""")
_MOST_SPANNED: Final = 4 * MAX_CELLS  # sheets have gaps, and room for a gap costs little
_TEXTS: Final = "xl/sharedStrings.xml"
_TEXT_ENDS: Final = re.compile(rb"</(?:\w+:)?si>")
_REFERENCE: Final = re.compile(rb"""\st=["']s["'][^>]*>\s*<(?:\w+:)?v[^>]*>\s*(\d{1,9})""")
_MOST_TEXT: Final = 256 * 2**20
_REPEATED: Final = re.compile(
    rb"""<table:(table-row|(?:covered-)?table-cell)\b([^>]*?)(/?)>|</table:table>""", re.IGNORECASE
)
_TIMES: Final = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["'](\d{1,12})["']""")


def refuse_wide_sheets(parts: Mapping[str, bytes]) -> None:
    """This will look at the places of all cells before anything makes room for them.

    Raises:
        FileTooLargeError: there are more cells than we read, or they span more, or repeat a long text.
    """
    _refuse_repeated_text(parts)
    for name, part in parts.items():
        if _SHEET.match(name):
            _refuse(cells=sum(1 for _ in _CELL.finditer(part)), spanned=_spanned(part))
        elif name == "content.xml":
            _refuse(cells=_repeated(part), spanned=0)


def _refuse(*, cells: int, spanned: int) -> None:
    if cells > MAX_CELLS:
        raise FileTooLargeError(f"The workbook has more than {MAX_CELLS:,} cells.")
    if spanned > _MOST_SPANNED:
        raise FileTooLargeError(f"The cells of a sheet are spread over a field of {spanned:,} cells.")


def _refuse_repeated_text(parts: Mapping[str, bytes]) -> None:
    """Look at how long the cells are together: each refers to a text that stands in the file only once."""
    texts = parts.get(_TEXTS, b"")
    lengths = [len(text) for text in _TEXT_ENDS.split(texts)]
    sheets = [part for name, part in parts.items() if _SHEET.match(name) and name != _TEXTS]
    if max(lengths) * sum(sheet.count(b"<") for sheet in sheets) <= _MOST_TEXT:
        return
    total = 0
    for reference in chain.from_iterable(map(_REFERENCE.finditer, sheets)):
        number = int(reference.group(1))
        total += lengths[number] if number < len(lengths) else 0
        if total > _MOST_TEXT:
            raise FileTooLargeError(f"The cells hold more than {_MOST_TEXT // 2**20} MiB of text.")


def _spanned(sheet: bytes) -> int:
    """Count the cells of the smallest field that holds every cell of a sheet."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    for place in _PLACE.finditer(sheet):
        columns.add(place.group(1))
        rows.add(place.group(2))
    if not rows:
        return 0
    down = [int(row) for row in rows]
    across = [_column_number(column) for column in columns]
    return (max(down) - min(down) + 1) * (max(across) - min(across) + 1)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _repeated(content: bytes) -> int:
    """Count the filled cells of an OpenDocument workbook, each as often as it is said to be repeated."""
    total = rows = 0
    for tag in _REPEATED.finditer(content):
        kind, attributes, ended = tag.group(1), tag.group(2) or b"", tag.group(3)
        found = _TIMES.search(attributes)
        times = int(found.group(1)) if found else 1
        if kind == b"table-row":
            rows = times
        elif kind is not None and not (ended and b"office:value" not in attributes):
            total += rows * times
    return total
