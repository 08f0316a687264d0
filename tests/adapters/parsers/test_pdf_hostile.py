"""Does a PDF that was made to be slow, large or harmful end quickly, with its reason?"""

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rag.adapters.parsers import pdf as pdf_reader
from rag.adapters.parsers import pdf_bombs
from rag.ports.parsing import (
    EmptyDocumentError,
    FileTooLargeError,
    ScanWithoutTextError,
    UnreadableFileError,
)
from tests.adapters.parsers.written_pdf import encrypted, grey_image, one_page, pdf, stream, written

pytestmark = pytest.mark.timeout(60)
SECONDS = 2.0
WORDS = b"BT /F1 10 Tf 40 700 Td (some words) Tj ET\n"
FLATE = "/Filter /FlateDecode"


@contextmanager
def quickly(seconds: float = SECONDS) -> Iterator[None]:
    """Hold what is done to a time."""
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < seconds


def packed(unit: bytes, *, mebibytes: int) -> bytes:
    """Deflate something that repeats itself."""
    packing = zlib.compressobj(9)
    unit *= 2**20 // len(unit)
    return b"".join([*(packing.compress(unit) for _ in range(mebibytes)), packing.flush()])


def many_pages(count: int) -> bytes:
    """Name one and the same page many times."""
    return written(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{'4 0 R ' * count}] /Count {count} >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            (
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 700 800] /Contents 5 0 R "
                "/Resources << /Font << /F1 3 0 R >> >> >>"
            ),
            stream(WORDS),
        ],
        named="",
    )


def deep_pages(depth: int) -> bytes:
    """Nest the nodes of the page tree in each other."""
    nodes = [f"<< /Type /Pages /Kids [{number + 3} 0 R] /Count 1 >>" for number in range(depth)]
    return written(["<< /Type /Catalog /Pages 2 0 R >>", *nodes, "<< /Type /Page /MediaBox [0 0 9 9] >>"])


@pytest.mark.parametrize("unit", [b" ", WORDS, b"0 0 m 9 9 l S\n"], ids=["spaces", "words", "lines"])
def test_a_page_that_unpacks_without_end_is_refused(unit: bytes) -> None:
    """A few hundred kilobytes that unpack to a hundred megabytes are refused before they are unpacked."""
    content = one_page(packed(unit, mebibytes=100), said=FLATE)
    assert len(content) < 500_000
    with quickly(), pytest.raises(FileTooLargeError, match="unpacks to more than"):
        pdf_reader.read(content)


def test_what_is_packed_twice_is_refused() -> None:
    """Two kilobytes that unpack to a megabyte that unpacks to a gigabyte are refused."""
    content = one_page(zlib.compress(packed(b" ", mebibytes=64)), said="/Filter [/FlateDecode /FlateDecode]")
    with quickly(), pytest.raises(FileTooLargeError, match="packed several times"):
        pdf_reader.read(content)


def test_an_ordinary_packed_page_is_read() -> None:
    """Text packed as programs pack it is no bomb, however the line ends before it look."""
    for said in (FLATE, "/Filter/Fl", "/Filter [/FlateDecode]"):
        assert pdf_reader.read(one_page(zlib.compress(WORDS * 50), said=said)).text


def test_a_large_attached_file_is_no_bomb() -> None:
    """A file attached to a PDF is not unpacked, and may be as large as it likes."""
    attached = stream(packed(b"0,", mebibytes=64), said=f"/Type /EmbeddedFile {FLATE}")
    assert pdf_reader.read(one_page(WORDS, more=[attached])).text == "some words"


def test_an_encrypted_file_is_left_to_the_limits_of_its_process() -> None:
    """What is encrypted does not unpack before it is decrypted, and is no bomb for that."""
    pdf_bombs.refuse_bombs(encrypted(pdf([["Some words."] * 50]), user=""))


def test_a_hundred_thousand_pages_are_refused() -> None:
    """The number of pages is looked at before any of them."""
    with quickly(), pytest.raises(FileTooLargeError, match="100000 pages"):
        pdf_reader.read(many_pages(100_000))


def test_as_many_pages_as_we_read_are_read() -> None:
    """Thousands of small pages are read within seconds."""
    with quickly(5.0):
        assert len(pdf_reader.read(many_pages(pdf_reader.MAX_PAGES)).pages) == pdf_reader.MAX_PAGES


def test_more_text_than_we_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file whose pages name the same text again and again does not fill the memory."""
    monkeypatch.setattr(pdf_reader, "MAX_CHARACTERS", 1_000)
    with pytest.raises(FileTooLargeError, match="1000 characters"):
        pdf_reader.read(many_pages(500))


@pytest.mark.parametrize(
    "make",
    [
        lambda: deep_pages(100_000),
        lambda: deep_pages(500),
        lambda: written(
            ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 4 >>"], named=""
        ),
    ],
    ids=["very deep", "deep", "in a circle"],
)
def test_a_page_tree_without_end_is_refused(make: Callable[[], bytes]) -> None:
    """Pages nested in each other, or in themselves, are refused at once."""
    content = make()
    with quickly(), pytest.raises((UnreadableFileError, EmptyDocumentError)):
        pdf_reader.read(content)


def test_an_outline_that_names_itself_is_read() -> None:
    """An entry that is its own successor and its own child ends the outline."""
    loop = "<< /Title (some words) /Parent 6 0 R /Next 7 0 R /First 7 0 R /Dest [5 0 R /Fit] >>"
    content = one_page(
        WORDS, catalog="/Outlines 6 0 R", more=["<< /First 7 0 R /Last 7 0 R /Count 1 >>", loop]
    )
    with quickly():
        assert len(pdf_reader.read(content).headings) == 1


def test_a_long_outline_is_read_in_part() -> None:
    """Of an outline of many thousand entries that are nowhere on the page, none costs much."""
    entries = [
        f"<< /Title (nothing) /Parent 6 0 R /Next {number} 0 R /Dest [5 0 R /Fit] >>"
        for number in range(8, 40_008)
    ]
    content = one_page(
        WORDS, catalog="/Outlines 6 0 R", more=["<< /First 7 0 R /Last 40006 0 R /Count 40000 >>", *entries]
    )
    with quickly():
        assert pdf_reader.read(content).headings == ()


def test_an_image_of_ten_thousand_million_dots_is_not_unpacked() -> None:
    """To read text no image is unpacked, whatever size it claims."""
    image = grey_image(100_000, 100_000, packed(b"\x00", mebibytes=64), said=FLATE)
    content = one_page(b"q 700 0 0 800 0 0 cm /Im1 Do Q", more=[image])
    with quickly(), pytest.raises(ScanWithoutTextError):
        pdf_reader.read(content)


def test_scripts_and_links_do_nothing() -> None:
    """Actions that run scripts, start programs or open addresses are not followed."""
    content = one_page(
        WORDS,
        catalog="/OpenAction << /S /JavaScript /JS (app.launchURL\\('http://127.0.0.1:9/'\\);) >>",
        page="/AA << /O << /S /Launch /F (/bin/false) >> >> "
        "/Annots [<< /Subtype /Link /Rect [0 0 700 800] /A << /S /URI /URI (http://127.0.0.1:9/) >> >>]",
    )
    with quickly():
        assert pdf_reader.read(content).text == "some words"
