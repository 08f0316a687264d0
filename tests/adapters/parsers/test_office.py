"""Are Word documents read in the order of their content, with their headings, lists and tables?"""

import time
from datetime import UTC, datetime

import pytest

from rag.adapters.parsers import docx
from rag.ports.parsing import ScanWithoutTextError, UnreadableFileError
from tests.support.parsed import headings_of, unbroken_of
from tests.support.written_office import (
    PACKAGE,
    cell,
    cells,
    content_types,
    paragraph,
    unzipped,
    word,
    zipped,
)

STYLES = (
    '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Own"><w:name w:val="Our chapters"/><w:basedOn w:val="berschrift1"/></w:style>'
    '<w:style w:styleId="Part"><w:name w:val="Part"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>'
    '<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>'
    '<w:style w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style>'
    '<w:style w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>'
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="3"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%1.%2)"/></w:lvl>'
    "</w:abstractNum>"
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>'
)
PICTURE = "<w:drawing><wp:anchor><a:graphicData><pic:pic/></a:graphicData></wp:anchor></w:drawing>"


def styled(text: str, style: str) -> str:
    """Write a paragraph of a style."""
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def item(text: str, number: int, level: int = 0) -> str:
    """Write a paragraph of a list."""
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_headings_are_known_by_name_outline_and_origin() -> None:
    """Styles are headings by their English name, by an outline level, or by what they are based on."""
    body = (
        styled("The manual", "Titel")
        + styled("Einleitung ... 3", "Verzeichnis1")
        + styled("Einleitung", "berschrift1")
        + styled("Own style", "Own")
        + styled("Deep", "Part")
        + paragraph("Directly", '<w:outlineLvl w:val="1"/>')
        + styled("Words", "Loop")
        + styled("No such style", "Gone")
    )
    parsed = docx.read(word(body, styles=STYLES))
    expected = [(1, "The manual"), (1, "Einleitung"), (1, "Own style"), (3, "Deep"), (2, "Directly")]
    assert headings_of(parsed) == expected
    assert parsed.title == "The manual"
    assert parsed.text.endswith("Directly\n\nWords\n\nNo such style")
    assert "... 3" not in parsed.text


def test_lists_keep_their_marks_and_numbers() -> None:
    """Items are counted level by level as Word does, and a list that starts anew does so."""
    body = (
        paragraph("Before.")
        + item("one", 1)
        + item("deep", 1, 1)
        + item("deeper", 1, 1)
        + item("two", 1)
        + item("deep", 1, 1)
        + paragraph("Between.")
        + item("point", 2)
        + item("seven", 3)
        + item("unknown", 9)
        + item("none", 0)
    )
    lines = docx.read(word(body, numbering=NUMBERING)).text.split("\n")
    assert lines == [
        *("Before.", "", "1. one", "  1.iii) deep", "  1.iv) deeper", "2. two", "  2.iii) deep", ""),
        *("Between.", "", "- point", "7. seven", "- unknown", "", "none"),
    ]


def test_tables_are_lines_and_merged_cells_stand_once() -> None:
    """Rows are unbroken lines; what is merged is written once; a cell that holds a table is read in order."""
    merged = cells(
        cell(paragraph("a"), '<w:vMerge w:val="restart"/>') + cell(paragraph("b"), '<w:gridSpan w:val="2"/>'),
        cell("<w:p/>", "<w:vMerge/>") + cell(paragraph("c") + paragraph("d")) + cell(item("e", 2)),
    )
    nested = cells(
        cell(paragraph("x")) + cell(paragraph("y")),
        cell(paragraph("z")) + cell(cells(cell(paragraph("in")) + cell(paragraph("side"))) + "<w:p/>"),
    )
    boxed = cells(cell(styled("Boxed", "berschrift1") + paragraph("One.") + paragraph("Two.")))
    gone = cells("<w:trPr><w:del/></w:trPr>" + cell(paragraph("deleted")), cell(paragraph("x")) * 2)
    parsed = docx.read(word(merged + nested + boxed + gone, styles=STYLES, numbering=NUMBERING))
    assert unbroken_of(parsed) == ["a | b\n | c d | - e", "x | y", "in | side", "x | x"]
    assert parsed.text.split("\n\n")[1:] == ["x | y", "z", "in | side", "Boxed", "One.", "Two.", "x | x"]


def test_text_boxes_are_read_once() -> None:
    """A box that stands there for new and for old programs is read once, and one of old programs too."""
    box = f"<w:txbxContent>{paragraph('Boxed words.')}</w:txbxContent>"
    new = f"<w:drawing><wp:anchor><wps:txbx>{box}</wps:txbx></wp:anchor></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    both = (
        f'<mc:AlternateContent><mc:Choice Requires="wps">{new}</mc:Choice>'
        f"<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>"
    )
    inline = new.replace("wp:anchor", "wp:inline").replace("Boxed words.", "inner")
    text = docx.read(
        word(
            f"<w:p><w:r><w:t>Before </w:t>{both}</w:r><w:r><w:t>after.</w:t></w:r></w:p>"
            f"<w:p><w:r><w:t>An</w:t>{inline}<w:t>word.</w:t></w:r></w:p><w:p><w:r>{old}</w:r></w:p>"
        )
    ).text
    assert text == "Before after.\n\nBoxed words.\n\nAn inner word.\n\nBoxed words."


def test_changes_are_read_as_accepted() -> None:
    """Inserted text stays, deleted, moved away and hidden text goes, and so do comments and hints to type."""
    body = (
        "<w:p><w:r><w:t>We </w:t></w:r><w:del><w:r><w:delText>never </w:delText><w:t>X</w:t></w:r></w:del>"
        "<w:ins><w:r><w:t>always </w:t></w:r></w:ins><w:moveFrom><w:r><w:t>away</w:t></w:r></w:moveFrom>"
        '<w:hyperlink r:id="rId99"><w:r><w:t>test</w:t></w:r></w:hyperlink><w:commentReference w:id="1"/>'
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>.</w:t><w:br/><w:t>Next</w:t></w:r></w:p>'
        f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
        f"<w:sdtContent>{paragraph('Type here')}</w:sdtContent></w:sdt>"
        f"<w:ins>{paragraph('Inserted.')}</w:ins><w:del>{paragraph('Deleted.')}</w:del>"
    )
    assert docx.read(word(body)).text == "We always test.\nNext\n\nIn a control.\n\nInserted."


def test_notes_stand_at_the_end_under_their_number() -> None:
    """Footnotes are numbered in the order of the text, and those that nothing refers to are left out."""
    body = "".join(
        f'<w:p><w:r><w:t>{said}</w:t><w:footnoteReference w:id="{number}"/></w:r></w:p>'
        for said, number in (("Costs rose", 5), ("Then fell", 2))
    )
    notes = "".join(
        f'<w:footnote w:id="{number}">{paragraph(said)}</w:footnote>'
        for number, said in ((0, "separator"), (2, "By half."), (5, "By a third."))
    )
    text = docx.read(word(body, footnotes=notes)).text
    assert text == "Costs rose[^1]\n\nThen fell[^2]\n\n[^1]: By a third.\n[^2]: By half."


def test_pictures_are_noted_and_a_scan_is_refused() -> None:
    """Images without text are counted in a note, and a document of images alone is a scan."""
    picture = f"<w:p><w:r>{PICTURE}</w:r></w:p>"
    assert docx.read(word(paragraph("Words.") + picture)).notes == ("1 image was not read.",)
    with pytest.raises(ScanWithoutTextError, match="2 images and no text"):
        docx.read(word(picture * 2))


def test_the_properties_are_read() -> None:
    """Title, author, language, subject and date come from the document's own properties."""
    core = (
        f'<p:coreProperties xmlns:p="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        "<dc:title>Backup plan</dc:title><dc:creator>A. Writer</dc:creator><dc:language>de-CH</dc:language>"
        "<dcterms:created>2021-01-01T00:00:00Z</dcterms:created>"
        "<dcterms:modified>2024-05-06T07:08:09Z</dcterms:modified></p:coreProperties>"
    )
    parsed = docx.read(zipped({**unzipped(word(paragraph("Words."))), "docProps/core.xml": core}))
    assert (parsed.title, parsed.language, parsed.metadata) == ("Backup plan", "de", {"author": "A. Writer"})
    assert parsed.dated == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    template = core.replace("A. Writer", "python-docx").replace(
        "2024-05-06T07:08:09Z", "2013-12-23T23:15:00Z"
    )
    parsed = docx.read(zipped({**unzipped(word(paragraph("Words."))), "docProps/core.xml": template}))
    assert (parsed.metadata, parsed.dated) == ({}, datetime(2021, 1, 1, tzinfo=UTC))
    assert docx.read(word(paragraph("Words."))).dated is None


def test_templates_and_strict_files_are_read_too() -> None:
    """Files with macros, templates, and files in the strict form of the standard hold the same text."""
    parts = unzipped(word(paragraph("Words.")))
    types = parts["[Content_Types].xml"]
    for kind in (
        b"ms-word.document.macroEnabled",
        b"ms-word.template.macroEnabledTemplate",
        b"openxmlformats-officedocument.wordprocessingml.template",
    ):
        renamed = types.replace(b"openxmlformats-officedocument.wordprocessingml.document", kind)
        assert docx.read(zipped({**parts, "[Content_Types].xml": renamed})).text == "Words."
    strict = {
        name: part.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/",
            b"http://purl.oclc.org/ooxml/officeDocument/",
        ).replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/",
            b"http://purl.oclc.org/ooxml/wordprocessingml/",
        )
        for name, part in parts.items()
    }
    assert docx.read(zipped(strict)).text == "Words."


def test_a_broken_part_is_noted_and_the_others_are_read() -> None:
    """Styles that are no XML, and references to what is missing, cost no more than what they held."""
    parts = unzipped(word(paragraph("Words."), styles=STYLES, footnotes="", header=""))
    del parts["word/header.xml"]
    parsed = docx.read(zipped({**parts, "word/styles.xml": parts["word/styles.xml"][:-20]}))
    assert parsed.text == "Words."
    unstyled = zipped({**unzipped(word(styled("Chapter", "Heading2"), styles="")), "word/styles.xml": "<w"})
    assert headings_of(docx.read(unstyled)) == [(2, "Chapter")]
    (note,) = parsed.notes
    assert note.startswith("The part word/styles.xml is damaged and was not read: ")


def test_a_document_without_its_main_part_is_refused_with_the_reason() -> None:
    """A main part that is cut off, missing or something else is a reason, and the error says it."""
    parts = unzipped(word(paragraph("Words.")))
    cut = {**parts, "word/document.xml": parts["word/document.xml"][:-20]}
    with pytest.raises(
        UnreadableFileError, match=r"word/document\.xml is damaged and was not read: expected"
    ):
        docx.read(zipped(cut))
    del cut["word/document.xml"]
    with pytest.raises(UnreadableFileError, match="The Word document is damaged"):
        docx.read(zipped(cut))
    with pytest.raises(UnreadableFileError, match="The Word document is damaged"):
        docx.read(zipped({**parts, "[Content_Types].xml": content_types({})}))
    other = b'<w:other xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    with pytest.raises(UnreadableFileError, match="The Word document is damaged"):
        docx.read(zipped({**parts, "word/document.xml": other}))
    with pytest.raises(UnreadableFileError, match="damaged or was cut off"):
        docx.read(word(paragraph("Words."))[:-100])


def test_a_long_document_is_read_quickly() -> None:
    """Some hundred pages take time in proportion to their length."""
    body = (paragraph("A sentence of some words. " * 20) + cells(cell(paragraph("x")) * 5)) * 2_000
    began = time.process_time()
    assert len(docx.read(word(body)).text) > 1_000_000
    assert time.process_time() - began < 10
