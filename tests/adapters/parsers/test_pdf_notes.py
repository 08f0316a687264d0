"""Does a PDF say what of it is not in the text, and does the text hold what its form was filled with?"""

from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from rag.adapters.parsers import pdf as pdf_reader
from rag.ports.parsing import ScanWithoutTextError
from tests.adapters.parsers.written_pdf import grey_image, one_page, pdf, stream, written

WORDS = b"BT /F1 10 Tf 40 700 Td (Some words.) Tj ET\n"
IMAGE = grey_image(2, 2, b"\x00\xff\xff\x00")
SHOWN = b"q 700 0 0 800 0 0 cm /Im1 Do Q\n"


def mixed(*drawn: bytes) -> bytes:
    """Write a page for each content stream; all may show the same image."""
    pages = [
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 700 800] "
        f"/Contents {5 + 2 * at} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /Im1 4 0 R >> >> >>"
        for at in range(len(drawn))
    ]
    kids = " ".join(f"{6 + 2 * at} 0 R" for at in range(len(drawn)))
    pairs = [part for one, page in zip(drawn, pages, strict=True) for part in (stream(one), page)]
    return written(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {len(drawn)} >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            IMAGE,
            *pairs,
        ],
        named="",
    )


def with_files(content: bytes, *names: str) -> bytes:
    """Attach files to a PDF."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    for name in names:
        writer.add_attachment(name, b"a,b\n1,2\n")
    held = BytesIO()
    writer.write(held)
    return held.getvalue()


def test_pages_of_images_among_others_are_named() -> None:
    """Where some pages hold text, those that hold an image only are named, and the rest is read."""
    parsed = pdf_reader.read(mixed(WORDS, SHOWN, WORDS + SHOWN * 0, SHOWN, SHOWN, SHOWN, b""))
    assert parsed.notes == ("Pages 2, 4\u20136 hold images without text and were not read.",)
    assert len(parsed.pages) == 7


def test_an_image_beside_text_is_not_named() -> None:
    """A picture on a page of prose is no page that was not read."""
    prose = b"\n".join(
        b"BT /F1 10 Tf 40 %d Td (Words of a page that says a lot.) Tj ET" % up for up in range(100, 700, 14)
    )
    assert pdf_reader.read(mixed(SHOWN + prose)).notes == ()


def test_a_stamp_over_a_scanned_page_does_not_hide_it() -> None:
    """A few words over an image that fills the page are read, and the page is named."""
    parsed = pdf_reader.read(mixed(SHOWN + WORDS, WORDS))
    assert parsed.notes == ("Page 1 holds an image without text and was not read.",)
    assert parsed.text.startswith("Some words.")


def test_a_scan_is_refused_with_the_number_of_its_pages() -> None:
    """Where no page holds text and some hold images, the file is a scan; the advice is text recognition."""
    with pytest.raises(ScanWithoutTextError, match="2 of 3 pages are images") as refused:
        pdf_reader.read(mixed(SHOWN, b"", SHOWN))
    assert "tesseract" in refused.value.advice


def test_attached_files_are_named() -> None:
    """Files attached to a PDF are not read, and each is named."""
    one = pdf_reader.read(with_files(pdf([["Some words."]]), "costs.csv"))
    assert one.notes == ("The attached file was not read: costs.csv.",)
    two = pdf_reader.read(with_files(pdf([["Some words."]]), "costs.csv", "plan.docx"))
    assert two.notes == ("2 attached files were not read: costs.csv, plan.docx.",)
    many = pdf_reader.read(with_files(pdf([["Some words."]]), *(f"{n:02}.csv" for n in range(30))))
    assert many.notes[0].startswith("30 attached files were not read: 00.csv, ")
    assert many.notes[0].endswith(" and 10 more.")


def test_a_page_that_cannot_be_loaded_is_named() -> None:
    """One damaged page does not keep the others from being read."""
    content = mixed(WORDS, WORDS).replace(b"[6 0 R 8 0 R]", b"[6 0 R 9 9 R]")
    parsed = pdf_reader.read(content)
    assert parsed.notes == ("Page 2 is damaged and was not read.",)
    assert parsed.text == "Some words."


def test_what_was_filled_into_a_form_is_read() -> None:
    """Values of fields that the page does not print stand below its text, with the names of the fields."""
    field = "/Type /Annot /Subtype /Widget /Rect [40 500 200 520] /P 5 0 R"
    filled = [
        f"<< {field} /FT /Tx /T (name) /TU (Full name) /V (Ada Lovelace) >>",
        f"<< {field} /FT /Tx /T (empty) >>",
        f"<< {field} /FT /Ch /Ff 131072 /T (town) /V (London) /Opt [(London) (Paris)] >>",
        f"<< {field} /FT /Tx /T (printed) /V (Some words.) >>",
    ]
    kids = "[7 0 R 8 0 R 9 0 R 10 0 R]"
    content = one_page(
        WORDS,
        page=f"/Annots {kids}",
        catalog=f"/AcroForm << /Fields {kids} /DA (/F1 10 Tf) >>",
        more=[IMAGE, *filled],
    )
    assert pdf_reader.read(content).text.split("\n") == [
        "Some words.",
        "Full name: Ada Lovelace",
        "town: London",
    ]
