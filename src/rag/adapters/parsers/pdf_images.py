"""Which pages of a PDF hold pictures, and no words to speak of?"""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

_FEW_LETTERS: Final = 80  # a stamp or a page number over a scan
_MANY_CHARACTERS: Final = 1_000
_LARGE: Final = 0.6  # of the page
_OBJECTS_LOOKED_AT: Final = 200
_DEPTH: Final = 3


def is_picture(page: pdfium.PdfPage, lines: Sequence[str]) -> bool:
    """This will say whether a page is an image without words, or with a few over an image that fills it."""
    if sum(map(len, lines)) > _MANY_CHARACTERS:
        return False
    letters = sum(character.isalnum() for line in lines for character in line)
    if letters > _FEW_LETTERS:
        return False
    least = _LARGE * page.get_width() * page.get_height() if letters else 0.0
    return any(area >= least for area in _areas(page))


def _areas(page: pdfium.PdfPage) -> Iterator[float]:
    images = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEPTH)
    for image in islice(images, _OBJECTS_LOOKED_AT):
        left, bottom, right, top = image.get_bounds()
        yield (right - left) * (top - bottom)


def named_pages(numbers: Sequence[int]) -> str:
    r"""This will name pages as people do.

    >>> named_pages([3, 5, 6, 7]) == "Pages 3, 5\u20137", named_pages([2])
    (True, 'Page 2')
    """
    spans = []
    for _, group in groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        run = [number for _, number in group]
        spans.append(str(run[0]) if len(run) == 1 else f"{run[0]}\u2013{run[-1]}")
    return f"{'Page' if len(numbers) == 1 else 'Pages'} {', '.join(spans)}"
