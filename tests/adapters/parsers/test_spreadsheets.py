"""Are workbooks read so that each line makes sense alone?"""

import struct
import time
import zipfile
from io import BytesIO

import pytest

from rag.adapters.parsers import spreadsheet
from rag.adapters.parsers.office_container import container_format, ole_format
from rag.adapters.parsers.table_text import MAX_CELLS
from rag.ports.parsing import (
    EmptyDocumentError,
    EncryptedFileError,
    FileTooLargeError,
    UnreadableFileError,
    UnsupportedFormatError,
)
from tests.support.written_office import OFFICE, SHEET_NAMESPACE, ole, sheet_row, unzipped, workbook, zipped

ODS = "application/vnd.oasis.opendocument.spreadsheet"


def read_lines(rows: str) -> list[str]:
    """Read a workbook of one sheet and give its lines below the sheet's name."""
    return spreadsheet.read(workbook({"S": rows})).text.split("\n")[2:]


def open_document(table: str) -> bytes:
    """Write an OpenDocument workbook of one table."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="Liste">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    packed = zipped({"content.xml": content, "META-INF/manifest.xml": manifest})
    return with_kind(packed, ODS)


def with_kind(packed: bytes, kind: str) -> bytes:
    """Put a part that says what the file is in front of the others."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", kind)
        for name, part in unzipped(packed).items():
            archive.writestr(name, part)
    return target.getvalue()


def old_workbook() -> bytes:
    """Write a workbook of 1997 (BIFF8) with one sheet that holds a word and a figure."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    start = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    name = b"\x03\0Old"
    length = 20 + 10 + len(name) + 4
    beginning = (
        record(0x0809, start) + record(0x0085, struct.pack("<IH", length, 0) + name) + record(0x000A, b"")
    )
    sheet = (
        record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
        + record(0x0204, struct.pack("<HHHHB", 0, 0, 0, 4, 0) + b"Bolt")
        + record(0x0203, struct.pack("<HHHd", 0, 1, 0, 12.5))
        + record(0x000A, b"")
    )
    assert len(beginning) == length
    return ole({"Workbook": beginning + sheet})


def test_a_header_names_the_cells_of_each_row() -> None:
    """Below a header each line says which value is which; a title above it stands on its own line."""
    rows = (
        sheet_row(1, "Stock of May")
        + sheet_row(2, "Part", "Price", "In store", "Seen")
        + sheet_row(3, "Bolt", 2.0, 1200)
        + sheet_row(5, "Nut", 0.1 + 0.2)
    )
    assert read_lines(rows) == [
        "Stock of May",
        "Part: Bolt; Price: 2; In store: 1200",
        "",
        "Part: Nut; Price: 0.3",
    ]


def test_dates_are_written_as_dates() -> None:
    """A day has no time, a moment has one, and an hour alone is an hour."""
    rows = sheet_row(1, "Day", "Until", "At") + sheet_row(2, 45413, 45413.75, 0.5, style=2)
    assert read_lines(rows) == ["Day: 2024-05-01; Until: 2024-05-01 18:00; At: 12:00"]
    assert spreadsheet.shown(1e20) == "1e+20"
    assert spreadsheet.shown(1234567890123456.0) == "1234567890123456"


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            sheet_row(1, "Name", "A. Writer") + sheet_row(2, "Place", "Bern"),
            ["Name | A. Writer", "Place | Bern"],
        ),
        (sheet_row(1, 1, 2, 3) + sheet_row(2, 4, None, 6), ["1 | 2 | 3", "4 |  | 6"]),
        (sheet_row(3, None, "one") + sheet_row(4, None, "two"), ["one", "two"]),
        (
            sheet_row(1, "A", "B", "C") + sheet_row(2, "x", "y", "z") + sheet_row(4, "u", "v", "w"),
            ["A: x; B: y; C: z", "", "A: u; B: v; C: w"],
        ),
        (
            sheet_row(1, "A", "B") + sheet_row(2, "x", 1) + sheet_row(4, "C", "D") + sheet_row(5, "y", 2),
            ["A: x; B: 1", "", "C: y; D: 2"],
        ),
    ],
    ids=["pairs", "figures", "one column", "continued", "another table"],
)
def test_tables_without_a_header_are_not_given_one(rows: str, lines: list[str]) -> None:
    """Pairs and figures stay side by side, and a table behind an empty row has its own or the last header."""
    assert read_lines(rows) == lines


def test_small_tables_are_not_cut() -> None:
    """A table of twenty rows stays in one piece; a longer one may be cut between its lines."""
    short = "".join(sheet_row(number, "x", number) for number in range(1, 21))
    parsed = spreadsheet.read(workbook({"Short": short, "Long": short + sheet_row(21, "x", 21)}))
    assert [(heading.level, heading.title) for heading in parsed.headings] == [(1, "Short"), (1, "Long")]
    ((start, end),) = parsed.unbroken
    assert parsed.text[start:end].count("\n") == 19


def test_hidden_sheets_are_left_out_and_noted() -> None:
    """A reader does not see a hidden sheet, and neither does a search; a note says so."""
    content = workbook({"Seen": sheet_row(1, "x"), "Rates": sheet_row(1, "secret")}, hidden="Rates")
    parsed = spreadsheet.read(content)
    assert parsed.text == "Seen\n\nx"
    assert parsed.notes == ('The hidden sheet "Rates" was not read.',)
    with pytest.raises(EmptyDocumentError, match='The hidden sheet "Rates" was not read'):
        spreadsheet.read(workbook({"Rates": sheet_row(1, "secret")}, hidden="Rates"))


def test_open_document_and_old_workbooks_are_read() -> None:
    """Workbooks of LibreOffice and of 1997 give their cells too, each under its own media type."""
    parsed = spreadsheet.read(
        open_document(
            '<table:table-row><table:table-cell office:value-type="string"><text:p>Bolt</text:p>'
            '</table:table-cell><table:table-cell office:value-type="float" office:value="2"/>'
            '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
            '<table:table-row table:number-rows-repeated="1048575">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        )
    )
    assert (parsed.text, parsed.media_type) == ("Liste\n\nBolt | 2", ODS)
    parsed = spreadsheet.read(old_workbook())
    assert (parsed.text, parsed.media_type) == ("Old\n\nBolt | 12.5", "application/vnd.ms-excel")


def test_workbooks_under_a_password_are_named_so() -> None:
    """An old workbook and one of LibreOffice say each in its way that a password is wanted."""
    content = old_workbook()
    lock = content.index(b"\x85\0")
    with pytest.raises(EncryptedFileError, match="wants a password"):
        spreadsheet.read(content[:lock] + b"\x2f\0" + content[lock + 2 :])
    parts = unzipped(open_document(""))
    parts["META-INF/manifest.xml"] = b"<m><encryption-data/></m>"
    parts["content.xml"] = b"\0\1\2"
    with pytest.raises(EncryptedFileError, match="wants a password"):
        spreadsheet.read(zipped(parts))


def test_fields_of_cells_that_would_fill_the_memory_are_refused() -> None:
    """One cell in the last row and column, and one that is repeated over all of them, are refused at once."""
    far = sheet_row(1, "x") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    began = time.process_time()
    with pytest.raises(FileTooLargeError, match="spread over a field"):
        spreadsheet.read(workbook({"S": far}))
    repeated = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="float" '
        'office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
    )
    with pytest.raises(FileTooLargeError, match="more than 2,000,000 cells"):
        spreadsheet.read(open_document(repeated))
    many = '<row r="1"><c><v>1</v></c></row>' * (MAX_CELLS + 1)
    with pytest.raises(FileTooLargeError):
        spreadsheet.read(workbook({"S": many}))
    assert time.process_time() - began < 6


def test_cells_that_repeat_a_long_text_are_refused() -> None:
    """A text that stands in the file once and in a hundred thousand cells is refused before it is read."""
    rows = '<row><c t="s"><v>0</v></c></row>'
    texts = f'<sst xmlns="{SHEET_NAMESPACE}"><si><t>{"x" * 30_000}</t></si></sst>'
    parts = unzipped(workbook({"S": rows}))
    relations = parts["xl/_rels/workbook.xml.rels"]
    link = (
        f'<Relationship Id="rId9" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(b"</Relationships>", link.encode())
    parts["xl/sharedStrings.xml"] = texts.encode()
    assert len(spreadsheet.read(zipped(parts)).text) > 30_000
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(rows.encode(), rows.encode() * 100_000)
    with pytest.raises(FileTooLargeError, match="more than 256 MiB of text"):
        spreadsheet.read(zipped(parts))


def test_long_sheets_are_read_quickly() -> None:
    """A hundred thousand cells take a second or two."""
    rows = sheet_row(1, *"ABCDE") + "".join(sheet_row(row, *range(5)) for row in range(2, 20_000))
    began = time.process_time()
    assert spreadsheet.read(workbook({"S": rows})).text.count("\n") == 19_999
    assert time.process_time() - began < 5


def test_a_damaged_sheet_is_noted_and_the_others_are_read() -> None:
    """A sheet that is cut off is noted by its name; a workbook without any is unreadable."""
    parts = unzipped(workbook({"Good": sheet_row(1, "x"), "Bad": sheet_row(1, "y")}))
    parts["xl/worksheets/sheet2.xml"] = parts["xl/worksheets/sheet2.xml"][:-40]
    parsed = spreadsheet.read(zipped(parts))
    assert parsed.text.startswith("Good\n\nx")
    assert len(parsed.notes) == 1
    del parts["xl/workbook.xml"]
    with pytest.raises(UnreadableFileError, match="The workbook is damaged"):
        spreadsheet.read(zipped(parts))


def test_containers_are_named_by_what_they_hold() -> None:
    """A ZIP file is a workbook or none; other programs' documents are named in the error."""
    assert container_format(workbook({"S": ""})) == "spreadsheet"
    assert container_format(open_document("")) == "spreadsheet"
    assert container_format(zipped({"word/readme.txt": "x"})) is None
    with pytest.raises(UnsupportedFormatError, match="an OpenDocument text"):
        container_format(with_kind(zipped({}), "application/vnd.oasis.opendocument.text"))
    with pytest.raises(UnreadableFileError, match="damaged or was cut off"):
        container_format(workbook({"S": ""})[:-30])


def test_ole_containers_are_named_by_what_they_hold() -> None:
    """An encrypted file wants its password, and old formats are named; broken containers are unknown."""
    assert ole_format(old_workbook()) == "spreadsheet"
    with pytest.raises(EncryptedFileError, match="wants a password"):
        ole_format(ole({"EncryptionInfo": b"", "EncryptedPackage": b"x"}))
    for stream, name in (
        ("WordDocument", r"\.doc"),
        ("PowerPoint Document", r"\.ppt"),
        ("Else", "do not know"),
    ):
        with pytest.raises(UnsupportedFormatError, match=name):
            ole_format(ole({stream: b"x"}))
    with pytest.raises(UnsupportedFormatError, match="do not know"):
        ole_format(old_workbook()[:100])
