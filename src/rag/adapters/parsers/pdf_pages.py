"""How do the lines of a PDF's pages become one text, in which every page and every table has its place?"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rag.adapters.parsers.pdf_lines import HYPHEN_AT_BREAK, continues, join, paragraphs, rejoin_words
from rag.adapters.parsers.pdf_tables import tables_in
from rag.domain.documents import Page

_PAGE_GAP: Final = "\n\n"


class PagedText(NamedTuple):
    """A text with the places of its pages and tables, as `[start, end)` characters of it."""

    text: str
    pages: tuple[Page, ...]
    tables: tuple[tuple[int, int], ...]


def text_of_pages(pages: Sequence[Sequence[str]]) -> PagedText:
    """This will write pages one after the other; a sentence that runs over to the next page stays one."""
    blocks = [paragraphs(lines) for lines in pages]
    flat = iter(rejoin_words([block for page in blocks for block in page]))
    parts: list[str] = []
    placed: list[Page] = []
    tables: list[tuple[int, int]] = []
    length = 0
    last = ""
    for number, page in enumerate(blocks, start=1):
        words = [next(flat) for _ in page]
        text = "\n".join(words)
        gap = _gap_between(last, words[0]) if last and words else ""
        length += len(gap)
        placed.append(Page(number=number, start=length, end=length + len(text)))
        tables.extend((length + start, length + end) for start, end in tables_in(words))
        parts.extend((gap, text))
        length += len(text)
        last = words[-1] if words else last
    return PagedText("".join(parts), tuple(placed), tuple(tables))


def _gap_between(last: str, first: str) -> str:
    runs_on = first[:1].islower() and continues(last, first, width=len(last)) and last[-1:] not in ".!?:;"
    return " " if runs_on and join(last, first).count(HYPHEN_AT_BREAK) == 0 else _PAGE_GAP
