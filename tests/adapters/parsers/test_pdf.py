"""Is a PDF read page by page, as paragraphs, without what every page repeats?"""

from datetime import timedelta

import pytest

from rag.adapters.parsers import pdf as pdf_reader
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import (
    EmptyDocumentError,
    EncryptedFileError,
    FileTooLargeError,
    UnreadableFileError,
)
from tests.adapters.parsers.written_pdf import encrypted, one_page, pdf, written

PROSE = [
    "The committee met in the spring to look at the figures of the year before and found that the con-",
    "struction of the bridge had cost more than was planned, which nobody had expected so early on.",
    "Costs",
    "Steel 1,200 1,350",
    "Labour 2,400 2,100",
    "Total 3,600 3,450",
    "It was decided to go on.",
]
LONG = "Nobody had expected that any of it would cost more than was planned in the year before the last."


def page_texts(parsed: ParsedDocument) -> list[str]:
    """Cut the text by its pages."""
    return [parsed.text[page.start : page.end] for page in parsed.pages]


def test_lines_become_paragraphs_and_rows_stay() -> None:
    """Broken lines and words are joined; headings and rows keep their lines, and rows are kept together."""
    parsed = pdf_reader.read(pdf([PROSE]))
    lines = parsed.text.split("\n")
    assert lines[0].startswith("The committee met")
    assert "the construction of the bridge" in lines[0]
    assert lines[1:] == PROSE[2:]
    assert [parsed.text[start:end] for start, end in parsed.unbroken] == ["\n".join(PROSE[3:6])]


def test_pages_have_their_places_and_running_lines_are_gone() -> None:
    """Every page is where its span says; heads and page numbers that come back are left out."""
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    pages = [
        ["Annual report", f"Words on {word} stand here.", f"Page {n} of 5"] for n, word in enumerate(words, 1)
    ]
    parsed = pdf_reader.read(pdf(pages))
    assert [page.number for page in parsed.pages] == [1, 2, 3, 4, 5]
    assert page_texts(parsed) == [f"Words on {word} stand here." for word in words]


def test_a_sentence_goes_on_over_a_page() -> None:
    """A sentence that runs over to the next page is not broken, and both pages keep their places."""
    parsed = pdf_reader.read(pdf([["The committee met in the spring and"], ["went home in the summer."]]))
    assert parsed.text == "The committee met in the spring and went home in the summer."
    assert page_texts(parsed) == ["The committee met in the spring and", "went home in the summer."]


def test_the_outline_gives_headings() -> None:
    """Entries of the outline that are found on their page are headings at that place."""
    content = pdf(
        [["Introduction", "Some words."], ["Methods", "Other words."]],
        outline=[("Introduction", 0), ("Methods", 1), ("Nowhere", 1)],
    )
    parsed = pdf_reader.read(content)
    assert [(heading.level, heading.title) for heading in parsed.headings] == [
        (1, "Introduction"),
        (1, "Methods"),
    ]
    assert all(parsed.text.startswith(heading.title, heading.start) for heading in parsed.headings)


def test_a_heading_with_a_remark_at_the_margin_is_found() -> None:
    """A title whose words stand far apart on their line is a heading there, though the text shows cells."""
    content = pdf([["Dragon        Same as before", LONG]], outline=[("Dragon Same as before", 0)])
    parsed = pdf_reader.read(content)
    assert parsed.text.startswith("Dragon | Same as before")
    assert [(heading.title, heading.start) for heading in parsed.headings] == [("Dragon Same as before", 0)]


@pytest.mark.parametrize(
    ("stated", "size", "title"),
    [
        ("Report on bridges", 10, "Report on bridges"),
        ("report_final.docx", 24, "How bridges are built today"),
        ("report_final.docx", 10, None),
    ],
)
def test_the_title_is_stated_or_printed_large(stated: str, size: int, title: str | None) -> None:
    """The stated title counts unless a program made it up; then the largest print on the first page does."""
    lines = ["How bridges are built today", "Small words follow.", "And more of them."]
    assert pdf_reader.read(pdf([lines], said={"Title": stated}, first_line_size=size)).title == title


def test_what_the_file_says_of_itself_is_kept() -> None:
    """Author, subject and date are read."""
    said = {"Author": "A. Writer", "Subject": "Bridges", "CreationDate": "D:20230804060209-04'00'"}
    parsed = pdf_reader.read(pdf([["Some words."]], said=said))
    assert parsed.metadata == {"author": "A. Writer", "subject": "Bridges"}
    assert parsed.dated is not None
    assert parsed.dated.isoformat() == "2023-08-04T06:02:09-04:00"
    assert parsed.dated.utcoffset() == timedelta(hours=-4)


def test_a_file_that_anybody_may_open_is_read() -> None:
    """Encryption with an owner's password only does not hinder reading."""
    assert pdf_reader.read(encrypted(pdf([["Some words."]]), user="")).text == "Some words."


def test_a_file_that_wants_a_password_is_refused() -> None:
    """Encryption with a user's password is named as what is wrong."""
    with pytest.raises(EncryptedFileError, match="password"):
        pdf_reader.read(encrypted(pdf([["Some words."]]), user="secret"))


def test_pages_without_anything_are_empty() -> None:
    """A file whose pages hold neither text nor images is empty, and says so."""
    with pytest.raises(EmptyDocumentError, match="neither text nor images on any of its 2 pages"):
        pdf_reader.read(pdf([[], []]))


def test_what_was_wrong_with_one_file_is_not_said_of_the_next() -> None:
    """A damaged file that comes after an encrypted one is damaged, and not encrypted."""
    with pytest.raises(EncryptedFileError):
        pdf_reader.read(encrypted(pdf([["Some words."]]), user="secret"))
    pages = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"]
    with pytest.raises((EmptyDocumentError, UnreadableFileError)):
        pdf_reader.read(written(pages, named=""))


def test_the_language_is_what_the_catalogue_says() -> None:
    """A language stated for the whole file is kept as its primary tag; what is no tag is no language."""
    drawn = b"BT /F1 10 Tf 40 700 Td (Some words.) Tj ET"
    assert pdf_reader.read(one_page(drawn, catalog="/Lang (de-AT)")).language == "de"
    assert pdf_reader.read(one_page(drawn, catalog="/Lang (German, of course)")).language is None
    assert pdf_reader.read(one_page(drawn)).language is None


def test_outlines_give_levels_and_titles_that_come_twice() -> None:
    """Numbered titles are found, two of the same words one after the other, and their levels are kept."""
    content = pdf(
        [["1 Bridges", LONG, "1.1 Costs", LONG, "2 Roads", LONG, "2.1 Costs"]],
        outline=[("Bridges", 0), ("Costs", 0), ("Roads", 0), ("Costs", 0)],
    )
    parsed = pdf_reader.read(content)
    starts = [parsed.text[heading.start :].split("\n")[0] for heading in parsed.headings]
    assert starts == ["1 Bridges", "1.1 Costs", "2 Roads", "2.1 Costs"]


def test_damaged_bytes_are_refused() -> None:
    """A file that is cut off before anything can be read is unreadable."""
    with pytest.raises(UnreadableFileError):
        pdf_reader.read(b"%PDF-1.4\nnothing else")


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with more pages than the limit is not read."""
    monkeypatch.setattr(pdf_reader, "MAX_PAGES", 2)
    with pytest.raises(FileTooLargeError, match="3 pages"):
        pdf_reader.read(pdf([["a"], ["b"], ["c"]]))
