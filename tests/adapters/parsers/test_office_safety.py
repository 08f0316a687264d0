"""Is an office file that was made to do harm refused quickly, and in little memory?"""

import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path
from zlib import crc32

import pytest

from rag.adapters.parsers import docx, spreadsheet
from rag.adapters.parsers.formats import Format, read
from rag.adapters.parsers.office_container import MAX_PARTS, container_format
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import EncryptedFileError, FileTooLargeError, UnreadableFileError
from tests.support.written_office import cell, cells, paragraph, sheet_row, unzipped, word, workbook, zipped

Read = Callable[[bytes], ParsedDocument]

MEGABYTE = 2**20
SECONDS = 2.0
BYTES = 300 * MEGABYTE
DOCUMENT = word(paragraph("Words."))
WORKBOOK = workbook({"S": sheet_row(1, "x")})
KINDS = pytest.mark.parametrize(
    ("content", "main", "reads"),
    [
        (DOCUMENT, "word/document.xml", docx.read),
        (WORKBOOK, "xl/worksheets/sheet1.xml", spreadsheet.read),
    ],
    ids=["docx", "xlsx"],
)


@contextmanager
def quick_and_small() -> Iterator[None]:
    """Fail where something takes long, or much memory."""
    tracemalloc.start()
    began = time.process_time()
    yield
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < SECONDS
    assert peak < BYTES


def with_blanks(content: bytes, *, parts: int, megabytes: int, stated: int | None = None) -> bytes:
    """Add parts of nothing but blanks, and state another size for each if asked to."""
    target = BytesIO(content)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for count in range(parts):
            with archive.open(f"more{count}.xml", "w") as part:
                for _ in range(megabytes):
                    part.write(b" " * MEGABYTE)
            if stated is not None:
                archive.filelist[-1].file_size = stated
    return target.getvalue()


@KINDS
def test_a_bomb_is_refused(content: bytes, main: str, reads: Read) -> None:
    """A part of a gigabyte of blanks is refused by its ratio before anything is unpacked."""
    bomb = with_blanks(content, parts=1, megabytes=100)
    assert main in unzipped(content)
    with quick_and_small(), pytest.raises(FileTooLargeError, match="unpacks to more than 200 times"):
        reads(bomb)
    many = with_blanks(content, parts=52, megabytes=5)
    with quick_and_small(), pytest.raises(FileTooLargeError, match="unpacks to more than 256 MiB"):
        reads(many)


@KINDS
def test_a_bomb_that_states_a_small_size_is_refused(content: bytes, main: str, reads: Read) -> None:
    """Sizes are measured and not believed, for one large part and for many of moderate size."""
    assert main in unzipped(content)
    lie = with_blanks(content, parts=1, megabytes=100, stated=1000)
    with quick_and_small(), pytest.raises(FileTooLargeError, match="unpacks to more than 200 times"):
        reads(lie)
    many = with_blanks(content, parts=30, megabytes=9, stated=1000)
    with quick_and_small(), pytest.raises(FileTooLargeError, match="unpacks to more than 256 MiB"):
        reads(many)


def test_too_many_parts_are_refused() -> None:
    """A list of parts without end is refused before it is read, and so is one a little too long."""
    for parts in (MAX_PARTS + 1, 60_000):
        content = zipped({f"word/{count}": b"" for count in range(parts)})
        for reads in (docx.read, spreadsheet.read, container_format):
            with quick_and_small(), pytest.raises(FileTooLargeError, match="more than 10,000 parts"):
                reads(content)


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@KINDS
def test_document_types_are_refused(content: bytes, main: str, reads: Read, tmp_path: Path) -> None:
    """Entities that grow without end, and those that reach for a file, never come to be read."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    outside = f'<!DOCTYPE a [<!ENTITY j SYSTEM "{secret.as_uri()}">'
    parts = unzipped(content)
    body = parts[main].decode().replace("Words.", "&j;").replace(">x<", ">&j;<")
    for encoding, kind in product(("utf-8", "utf-16"), (LAUGHS, outside)):
        hostile = f'<?xml version="1.0" encoding="{encoding}"?>{kind}]>{body}'.encode(encoding)
        with (
            quick_and_small(),
            pytest.raises(UnreadableFileError, match="declares a document type") as raised,
        ):
            reads(zipped({**parts, main: hostile}))
        assert "the secret" not in str(raised.value)


@KINDS
def test_names_that_lead_elsewhere_are_passed_over(
    content: bytes, main: str, reads: Read, tmp_path: Path
) -> None:
    """A part whose name climbs out of its folder is never written and never read."""
    assert main in unzipped(content)
    outside = tmp_path / "evil.xml"
    hostile = {f"../../../..{outside}": "<a/>", str(outside): "<a/>", "a/../../b.xml": "not XML"}
    parsed = reads(zipped({**unzipped(content), **hostile}))
    assert parsed.text
    assert parsed.notes == ()
    assert not outside.exists()


def test_references_to_the_outside_are_not_followed() -> None:
    """A part that is said to lie in another file, or on a server, is as good as missing."""
    parts = unzipped(word(paragraph("Words."), footnotes="", styles=""))
    relations = parts["word/_rels/document.xml.rels"]
    relations = relations.replace(b'Target="footnotes.xml"', b'Target="../../../../etc/passwd"')
    relations = relations.replace(
        b'Target="styles.xml"', b'Target="http://127.0.0.1:9/a" TargetMode="External"'
    )
    assert docx.read(zipped({**parts, "word/_rels/document.xml.rels": relations})).text == "Words."


def test_damaged_and_locked_parts() -> None:
    """A part whose bytes do not match their sum is damaged; one under a password wants it."""
    assert DOCUMENT.count(b"PK\x01\x02") == 4
    place = DOCUMENT.rindex(b"PK\x01\x02")
    sum_at = place + 16
    assert DOCUMENT[sum_at : sum_at + 4] == crc32(unzipped(DOCUMENT)["word/document.xml"]).to_bytes(
        4, "little"
    )
    broken = DOCUMENT[:sum_at] + b"\0\0\0\0" + DOCUMENT[sum_at + 4 :]
    with pytest.raises(UnreadableFileError, match=r"The part word/document\.xml is damaged"):
        docx.read(broken)
    locked = DOCUMENT[: place + 8] + b"\x01" + DOCUMENT[place + 9 :]
    with pytest.raises(EncryptedFileError, match="wants a password"):
        docx.read(locked)


def test_tables_in_tables_without_end() -> None:
    """Tables are read as deep as the XML library goes, and what is deeper is refused in words."""

    def nested(depth: int) -> bytes:
        content = paragraph("the end")
        for _ in range(depth):
            content = cells(cell(content) + cell(paragraph("w")))
        return word(content)

    assert read(Format.DOCX, nested(75)).text.count("w") == 75
    with quick_and_small(), pytest.raises(UnreadableFileError, match="damaged"):
        read(Format.DOCX, nested(5_000))
    controls = word("<w:sdt><w:sdtContent>" * 110 + paragraph("x") + "</w:sdtContent></w:sdt>" * 110)
    assert read(Format.DOCX, controls).text == "x"
