"""Are the words of a scanned PDF recognised, where tesseract is installed, and is it said where it is not?"""

from pathlib import Path

import pypdfium2 as pdfium
import pytest

from rag.adapters.parsers import pdf as pdf_reader
from rag.adapters.parsers import pdf_ocr
from rag.adapters.parsers.tesseract import RecognitionError, Tesseract, find_tesseract
from rag.ports.parsing import ScanWithoutTextError
from tests.adapters.parsers.written_pdf import grey_image, one_page, pdf

INSTALLED = find_tesseract()
with_tesseract = pytest.mark.skipif(INSTALLED is None, reason="tesseract is not installed on this machine")
LINES = ["The bridge over the river was built of stone", "and opened in the summer of the next year."]
SHOWN = b"q 700 0 0 800 0 0 cm /Im1 Do Q"


def scanned(lines: list[str]) -> bytes:
    """Print lines, take a picture of the page, and make a PDF of the picture."""
    document = pdfium.PdfDocument(pdf([lines]))
    page = document[0]
    bitmap = page.render(scale=2, grayscale=True)
    dots = bytes(bitmap.buffer)
    image = grey_image(bitmap.stride, bitmap.height, dots)
    bitmap.close()
    page.close()
    document.close()
    return one_page(SHOWN, more=[image])


def program(folder: Path, script: str) -> Tesseract:
    """Write a program that stands for a tesseract that fails."""
    path = folder / "tesseract"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Tesseract(str(path), "0", "eng")


def test_a_scan_is_a_scan_without_recognition() -> None:
    """The picture of a page holds no text for the reader of PDFs."""
    with pytest.raises(ScanWithoutTextError, match="its only page is an image"):
        pdf_reader.read(scanned(LINES))


@with_tesseract
def test_the_words_of_a_picture_are_read() -> None:
    """A scanned page gives its words, in their place, and the document says how they were read."""
    assert INSTALLED is not None
    parsed = pdf_ocr.read(scanned(LINES))
    assert parsed.text == " ".join(LINES)
    assert parsed.notes == (f"Page 1 was read by text recognition (tesseract {INSTALLED.version}).",)
    assert [(page.number, page.start, page.end) for page in parsed.pages] == [(1, 0, len(parsed.text))]


@with_tesseract
def test_pages_with_words_need_no_recognition() -> None:
    """A PDF that holds text is read as ever."""
    assert pdf_ocr.read(pdf([LINES])) == pdf_reader.read(pdf([LINES]))


@with_tesseract
def test_an_empty_picture_stays_a_scan() -> None:
    """Where recognition finds nothing, the file is still a scan, and the message says what was tried."""
    with pytest.raises(ScanWithoutTextError, match=r"text recognition .* found no words"):
        pdf_ocr.read(scanned([]))


@with_tesseract
def test_an_image_larger_than_any_scan_is_not_drawn() -> None:
    """An image that claims ten thousand million dots is left alone."""
    content = one_page(SHOWN, more=[grey_image(100_000, 100_000, b"\x00")])
    with pytest.raises(ScanWithoutTextError):
        pdf_ocr.read(content)


def test_without_tesseract_the_message_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no tesseract is found, a scan is refused with that reason, and other files are read."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ScanWithoutTextError, match="tesseract is not installed"):
        pdf_ocr.read(scanned(LINES))
    assert pdf_ocr.read(pdf([LINES])).notes == ()


def test_a_tesseract_without_a_language_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tesseract whose data are missing counts as none; one that has no English reads its first language."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program(tmp_path, "echo tesseract 5.0; echo osd")
    assert find_tesseract() is None
    program(tmp_path, "echo tesseract v5.1; echo osd; echo deu; echo fra")
    assert find_tesseract() == Tesseract(str(tmp_path / "tesseract"), "5.1", "deu")
    program(tmp_path, "exit 1")
    assert find_tesseract() is None


def test_a_tesseract_that_fails_or_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A page on which tesseract fails, or takes too long, gives an error of its own and no words."""
    with pytest.raises(RecognitionError):
        program(tmp_path, "exit 3").read(b"P5 1 1 255\n\x00", dots_per_inch=300)
    monkeypatch.setattr("rag.adapters.parsers.tesseract.MAX_SECONDS", 0.2)
    with pytest.raises(RecognitionError, match="TimeoutExpired"):
        program(tmp_path, "exec sleep 20").read(b"P5 1 1 255\n\x00", dots_per_inch=300)
