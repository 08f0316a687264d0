"""What does a PDF say whose pages are pictures?"""

import math
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from rag.adapters.parsers import pdf
from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.tesseract import RecognitionError, Tesseract, find_tesseract
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import ScanWithoutTextError

DOTS_PER_INCH: Final = 300
MAX_PIXELS: Final = 40_000_000
MAX_IMAGE_DOTS: Final = 200_000_000  # A3 at 1200 dots per inch has 280 million, A4 140 million
MAX_DEPTH: Final = 3
_LEAST_DOTS_PER_INCH: Final = 70  # tesseract takes no less for true
_POINTS_PER_INCH: Final = 72
_SMALLEST_PAGE: Final = 1.0  # points


def read(content: bytes) -> ParsedDocument:
    """This will read a PDF as `pdf.read` does, and recognise the words of pages that are pictures.

    Raises:
        ScanWithoutTextError: no page holds text, and tesseract is not installed, or finds no words either.
        EncryptedFileError, FileTooLargeError, EmptyDocumentError, UnreadableFileError: as `pdf.read` does.
    """
    tesseract = find_tesseract()
    if tesseract is None:
        try:
            return pdf.read(content)
        except ScanWithoutTextError as error:
            raise ScanWithoutTextError(
                f"{error} Text recognition was asked for, but tesseract is not installed."
            ) from error

    def recognise(page: pdfium.PdfPage) -> list[str]:
        return _recognised(page, tesseract)

    return pdf.read_pages(content, recognise, recogniser=f"tesseract {tesseract.version}")


def _recognised(page: pdfium.PdfPage, tesseract: Tesseract) -> list[str]:
    if _holds_a_bomb(page):
        return []
    scale = _scale_of(page)
    picture = _picture_of(page, scale)
    try:
        text = tesseract.read(
            picture, dots_per_inch=max(_LEAST_DOTS_PER_INCH, round(scale * _POINTS_PER_INCH))
        )
    except RecognitionError:
        return []  # the page counts as one that was not read, and the document says so
    return [" ".join(line.split()) for line in clean(text).split("\n")]


def _holds_a_bomb(page: pdfium.PdfPage) -> bool:
    """Tell whether an image of the page says that it has more dots than a scanner makes."""
    images = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=MAX_DEPTH)
    return any(width * height > MAX_IMAGE_DOTS for width, height in (image.get_px_size() for image in images))


def _scale_of(page: pdfium.PdfPage) -> float:
    """Give how many dots a point has: as many as print has, unless the page were too large then."""
    width, height = (max(side, _SMALLEST_PAGE) for side in page.get_size())
    return min(DOTS_PER_INCH / _POINTS_PER_INCH, math.sqrt(MAX_PIXELS / (width * height)))


def _picture_of(page: pdfium.PdfPage, scale: float) -> bytes:
    """Draw a page in grey, as a PGM file: a line of text, then a byte for every dot."""
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        if bitmap.format != raw.FPDFBitmap_Gray:
            return b""
        rows = memoryview(bitmap.buffer).cast("B")
        dots = b"".join(
            rows[row * bitmap.stride : row * bitmap.stride + bitmap.width] for row in range(bitmap.height)
        )
        return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + dots
    finally:
        bitmap.close()
