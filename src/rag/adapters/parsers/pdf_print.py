"""Where on a page of a PDF does every line stand, and where in it are gaps that no space explains?"""

import ctypes
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple, TypeAlias

import pypdfium2 as pdfium
from pypdfium2 import raw

from rag.adapters.parsers.pdf_lines import HYPHEN_AT_BREAK

_SPACES: Final = re.compile(r"\s+")
_BREAKS: Final = re.compile(f"(?<={HYPHEN_AT_BREAK})|\r\n")

# In heights of the line's print, of which a letter is about as wide as half:
_A_GAP: Final = 0.6  # may be one, if lines near by have one at the same place
_A_WIDE_GAP: Final = 1.2  # is one
_AFTER_A_SENTENCE: Final = 3.0  # justified lines are stretched most where a sentence ends
_SHARED: Final = 0.4  # what two gaps at the same place have in common
_LINES_THAT_SHARE: Final = 2
_SENTENCE_ENDS: Final = ".!?;"
_MOST_GAPS: Final = 100  # a line with more is no row that a person could read

_MANY_CHARACTERS: Final = 50
_DENSE: Final = 0.95  # of what most long lines hold in a point: a row with gaps holds less
_ONE_IN: Final = 4


@dataclass(slots=True)
class Cell:
    """A run of words without a wide gap, and the rectangle it fills, in points from the bottom left."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        """How high its print is, in points."""
        return self.top - self.bottom


@dataclass(slots=True)
class Row:
    """What stands side by side; a line that does not run from left to right is one cell, and not `placed`."""

    cells: list[Cell]
    placed: bool = True


class _Gap(NamedTuple):
    start: int
    end: int
    left: float
    right: float
    ends_sentence: bool


@dataclass(slots=True)
class _Line:
    words: str
    first: int
    box: Cell | None
    gaps: Sequence[_Gap] = ()


_Measure: TypeAlias = Callable[[int], raw.FS_RECTF]


def printed_lines(textpage: pdfium.PdfTextPage) -> list[Row]:
    """This will give the lines of a page in the order of its content, cut at wide gaps."""
    text: str = textpage.get_text_range()
    measure = _measure(textpage, text)
    lines: list[_Line] = []
    start = 0
    for match in (*_BREAKS.finditer(text), None):
        end = match.start() if match else len(text)
        words = text[start:end].strip()
        first = text.find(words, start)
        lines.append(_Line(words, first, _box_of_line(words, first, measure) if words else None))
        start = match.end() if match else end
    _find_gaps(lines, measure)
    return [_cut(line, _certain(lines, at)) for at, line in enumerate(lines)]


def _measure(textpage: pdfium.PdfTextPage, text: str) -> _Measure:
    """Give a function that measures the character at a place of `text`, into one and the same rectangle."""
    rectangle = raw.FS_RECTF()
    pointer = ctypes.byref(rectangle)
    handle = textpage.raw
    box_of = raw.FPDFText_GetLooseCharBox
    character_of = raw.FPDFText_GetCharIndexFromTextIndex

    def measured(index: int) -> raw.FS_RECTF:
        box_of(handle, index, pointer)
        return rectangle

    def found_and_measured(index: int) -> raw.FS_RECTF:
        return measured(character_of(handle, index))

    return measured if len(text) == textpage.count_chars() else found_and_measured


def _box_of_line(words: str, first: int, measure: _Measure) -> Cell | None:
    """Give the rectangle of a line; None for one that runs upwards, or from right to left."""
    last = len(words) - 1 - words.endswith(HYPHEN_AT_BREAK)
    begins = measure(first)
    left, bottom, top = begins.left, begins.bottom, begins.top
    ends = measure(first + max(last, 0))
    height = top - bottom
    if height <= 0 or ends.right < left or abs(ends.bottom - bottom) > height:
        return None
    return Cell(words, left, ends.right, min(bottom, ends.bottom), max(top, ends.top))


def _find_gaps(lines: Sequence[_Line], measure: _Measure) -> None:
    """Look for gaps; of long dense lines, in one of four, and in all of them only if that one has a gap."""
    density = {
        at: len(line.words) / (line.box.right - line.box.left)
        for at, line in enumerate(lines)
        if line.box and len(line.words) >= _MANY_CHARACTERS and line.box.right > line.box.left
    }
    dense = _DENSE * median(density.values()) if density else 0.0
    full = [at for at in density if density[at] >= dense]
    looked_at = full[::_ONE_IN]
    left_out = set(full).difference(looked_at)
    for at, line in enumerate(lines):
        if at not in left_out:
            line.gaps = _gaps(line, measure)
    if any(lines[at].gaps for at in looked_at):
        for at in left_out:
            lines[at].gaps = _gaps(lines[at], measure)


def _gaps(line: _Line, measure: _Measure) -> list[_Gap]:
    if line.box is None:
        return []
    least = _A_GAP * line.box.height
    first = line.first
    found: list[_Gap] = []
    for match in _SPACES.finditer(line.words):
        start, end = match.span()
        left = measure(first + start - 1).right
        right = measure(first + end).left
        if right - left > least:
            found.append(_Gap(start, end, left, right, line.words[start - 1] in _SENTENCE_ENDS))
    return found


def _certain(lines: Sequence[_Line], at: int) -> list[_Gap]:
    """Keep the gaps that are wide enough by themselves, or that lines near by have at the same place."""
    line = lines[at]
    if not 0 < len(line.gaps) <= _MOST_GAPS or line.box is None:
        return []
    wide, shared = _A_WIDE_GAP * line.box.height, _SHARED * line.box.height
    near = [other.gaps for other in (*lines[max(0, at - 2) : at], *lines[at + 1 : at + 3])]
    return [
        gap
        for gap in line.gaps
        if (gap.right - gap.left > (_AFTER_A_SENTENCE * line.box.height if gap.ends_sentence else wide))
        or _is_shared(gap, near, least=shared)
    ]


def _is_shared(gap: _Gap, near: Iterable[Sequence[_Gap]], *, least: float) -> bool:
    sharing = sum(
        any(min(gap.right, other.right) - max(gap.left, other.left) > least for other in gaps)
        for gaps in near
    )
    return sharing >= _LINES_THAT_SHARE


def _cut(line: _Line, gaps: Sequence[_Gap]) -> Row:
    words, box = line.words, line.box
    if not words:
        return Row([])
    if box is None:
        return Row([Cell(words, 0.0, 0.0, 0.0, 0.0)], placed=False)
    if not gaps:
        return Row([box])
    starts = [0, *(gap.end for gap in gaps)]
    ends = [*(gap.start for gap in gaps), len(words)]
    lefts = [box.left, *(gap.right for gap in gaps)]
    rights = [*(gap.left for gap in gaps), box.right]
    return Row(
        [
            Cell(words[start:end], left, right, box.bottom, box.top)
            for start, end, left, right in zip(starts, ends, lefts, rights, strict=True)
        ]
    )
