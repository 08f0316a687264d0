"""What is a PDF called that does not say so itself? The largest lines on its first page may tell."""

import re
from collections.abc import Sequence
from statistics import median
from typing import Final

import pypdfium2 as pdfium

from rag.adapters.parsers.titles import sane_title

_A_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_LARGER_THAN_MOST: Final = 1.25
_SAME_SIZE: Final = 0.97
_CHARACTERS_LOOKED_AT: Final = 4_000
_TITLE_LINES: Final = 3
_WORDS_OF_A_TITLE: Final = 4  # fewer are a company's name or "Contents": the file's own name says more


def title_on_page(page: pdfium.PdfPage) -> str | None:
    """This will give the first lines in the largest type of a page, where it is clearly larger than most."""
    textpage = page.get_textpage()
    try:
        text: str = textpage.get_text_range(0, min(_CHARACTERS_LOOKED_AT, textpage.count_chars()))
        sized = _line_heights(textpage, text)
    finally:
        textpage.close()
    if not sized:
        return None
    largest = max(height for height, _ in sized)
    if largest < _LARGER_THAN_MOST * median(height for height, _ in sized):
        return None
    title = _first_run(sized, at_least=_SAME_SIZE * largest)
    return sane_title(title) if len(title.split()) >= _WORDS_OF_A_TITLE else None


def _line_heights(textpage: pdfium.PdfTextPage, text: str) -> list[tuple[float, str]]:
    """Measure every line by the height of the letter in its middle; one without a word is no title."""
    sized: list[tuple[float, str]] = []
    start = 0
    for line in text.split("\r\n"):
        middle = next((i for i in range(len(line) // 2, len(line)) if line[i].isalnum()), None)
        if middle is not None and _A_WORD.search(line) and start + middle < textpage.count_chars():
            _, bottom, _, top = textpage.get_charbox(start + middle, loose=True)
            sized.append((top - bottom, line))
        start += len(line) + 2
    return sized


def _first_run(sized: Sequence[tuple[float, str]], *, at_least: float) -> str:
    lines: list[str] = []
    for height, line in sized:
        if height >= at_least:
            lines.append(line)
        elif lines:
            break
    return " ".join(lines[:_TITLE_LINES])
