"""Where in the text are the titles that a PDF's outline names?"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import pypdfium2 as pdfium

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.pdf_lines import CELL_BREAK
from rag.domain.documents import Heading, Page

MAX_OUTLINE_ENTRIES: Final = 10_000
_MAX_DEPTH: Final = 6
_PAGE_CHARACTERS: Final = 50_000
_PLACES_LOOKED_AT: Final = 50
_NUMBERING: Final = re.compile(r"(?:[\da-zA-Z]+(?:\.\d+)*[.:)]?\s+)?")


def headings_of(document: pdfium.PdfDocument, text: str, pages: Sequence[Page]) -> tuple[Heading, ...]:
    """This will find the titles of the outline on the pages that they point to, where they begin a line.

    Those that are not found there are left out. Of an outline without end, only the first part is read.
    """
    folded: dict[int, str] = {}
    reached: dict[int, int] = {}
    found: list[Heading] = []
    for level, title, index in _entries(document):
        if index >= len(pages):
            continue
        page = pages[index]
        if index not in folded:
            folded[index] = _folded(text[page.start : min(page.end, page.start + _PAGE_CHARACTERS)])
        place = _place_of(_folded(title), folded[index], reached.get(index, 0))
        if place is not None:
            reached[index] = place + 1
            found.append(Heading(level=level, title=title, start=page.start + place))
    found.sort(key=lambda heading: heading.start)
    return tuple(found)


def _entries(document: pdfium.PdfDocument) -> Iterator[tuple[int, str, int]]:
    for mark in islice(document.get_toc(max_depth=_MAX_DEPTH), MAX_OUTLINE_ENTRIES):
        title = one_line(mark.get_title())
        destination = mark.get_dest()
        index = destination.get_index() if destination is not None else None
        if title and index is not None:
            yield min(mark.level + 1, _MAX_DEPTH), title, index


def _folded(text: str) -> str:
    """Write all in small letters, unless that changes the length."""
    small = text.lower()
    return small if len(small) == len(text) else text


def _place_of(title: str, page: str, start: int) -> int | None:
    """Find the line that begins with a title, or with its number and then the title."""
    flat = page.replace("\n", " ")
    place = flat.find(title, start)
    for _ in range(_PLACES_LOOKED_AT):
        if place < 0:
            break
        begins = page.rfind("\n", 0, place) + 1
        if begins >= start and _NUMBERING.fullmatch(page, begins, place):
            return begins
        place = flat.find(title, place + 1)
    return _row_of(title, page, start) if CELL_BREAK in page else None


def _row_of(title: str, page: str, start: int) -> int | None:
    """Find a row whose first cells, taken together, are a title: the outline does not know of cells."""
    begins = 0
    for line in page.split("\n"):
        if begins >= start and CELL_BREAK in line and line.replace(CELL_BREAK, " ").startswith(title):
            return begins
        begins += len(line) + 1
    return None
