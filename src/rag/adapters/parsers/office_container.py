"""What does a ZIP file or an OLE container hold?"""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from rag.ports.parsing import (
    EncryptedFileError,
    FileTooLargeError,
    UnreadableFileError,
    UnsupportedFormatError,
)

ZIP_MARK: Final = b"PK\x03\x04"
OLE_MARK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_PARTS: Final = 10_000
_DIRECTORY_MARK: Final = b"PK\x01\x02"
_CONTENT_TYPES: Final = "[content_types].xml"
_FOLDERS: Final = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "spreadsheet"))
_OPEN_DOCUMENT_SHEET: Final = "application/vnd.oasis.opendocument.spreadsheet"
# What the part `mimetype` says of itself, from its beginning, and how we call it.
_OTHER_KINDS: Final = (
    ("application/vnd.oasis.opendocument.text", "an OpenDocument text"),
    ("application/vnd.oasis.opendocument.presentation", "an OpenDocument presentation"),
    ("application/vnd.oasis.opendocument.", "an OpenDocument drawing or formula"),
    ("application/epub+zip", "an EPUB book"),
)
_MOST_BYTES_OF_A_KIND: Final = 200

_SECTOR_END: Final = 0xFFFFFFFA  # this and above are marks and no sectors (MS-CFB, 2.1)
_ENTRY_BYTES: Final = 128
_MOST_DIRECTORY_SECTORS: Final = 4096
_WORKBOOK_BEGINS: Final = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_LOCK_RECORD: Final = b"\x2f\x00"
_RECORDS_BEFORE_LOCK: Final = 4  # the beginning, and what says that the file should not be changed
_OLE_KINDS: Final = (
    ("WordDocument", "an old Word file (.doc)"),
    ("PowerPoint Document", "an old PowerPoint file (.ppt)"),
    ("__properties_version1.0", "an Outlook message (.msg)"),
    ("VisioDocument", "a Visio drawing"),
)


def container_format(content: bytes) -> str | None:
    """This will name what a ZIP file is: `docx`, `pptx` or `spreadsheet`; None is an ordinary ZIP file.

    Raises:
        UnsupportedFormatError: it is another program's document, such as an OpenDocument text.
        FileTooLargeError: it has more parts than we look at.
        UnreadableFileError: it is damaged.
    """
    with opened(content) as archive:
        names = [plain_name(info.filename).lower() for info in archive.infolist()]
        kind = _stated_kind(archive)
    if kind.startswith(_OPEN_DOCUMENT_SHEET):
        return "spreadsheet"
    for start, description in _OTHER_KINDS:
        if kind.startswith(start):
            raise UnsupportedFormatError(f"The file is {description}, which we do not read.")
    if _CONTENT_TYPES not in names:
        return None
    for folder, format_name in _FOLDERS:
        if any(name.startswith(folder) for name in names):
            return format_name
    return None


def opened(content: bytes) -> zipfile.ZipFile:
    """This will open a ZIP file whose list of parts is of a sane length.

    Raises:
        FileTooLargeError: it has more parts than we look at.
        UnreadableFileError: it is damaged.
    """
    # Counted before the list is read, because a list of millions takes seconds and a gigabyte.
    if content.count(_DIRECTORY_MARK) > 2 * MAX_PARTS:
        raise FileTooLargeError(f"The file unpacks to more than {MAX_PARTS:,} parts.")
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFileError(f"The file is damaged or was cut off: {error}.") from error
    if len(archive.infolist()) > MAX_PARTS:
        raise FileTooLargeError(f"The file unpacks to more than {MAX_PARTS:,} parts.")
    return archive


def plain_name(name: str) -> str:
    r"""This will give a part's name with the separators that the standard wants.

    >>> plain_name("\\word\\document.xml")
    'word/document.xml'
    """
    return name.replace("\\", "/").lstrip("/")


def _stated_kind(archive: zipfile.ZipFile) -> str:
    """Read the part `mimetype`, which must stand first and uncompressed."""
    for info in archive.infolist()[:1]:
        if info.filename == "mimetype" and info.compress_type == zipfile.ZIP_STORED:
            try:
                with archive.open(info) as part:
                    return part.read(_MOST_BYTES_OF_A_KIND).decode("ascii", errors="replace").strip()
            except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError):
                return ""
    return ""


def ole_format(content: bytes) -> str:
    """This will name what an OLE container is, if we read it: `spreadsheet` is the only such kind.

    Raises:
        EncryptedFileError: it holds a document that wants a password.
        UnsupportedFormatError: it is an old Word or PowerPoint file, or something else that we do not read.
    """
    names = frozenset(_ole_names(content))
    if "EncryptedPackage" in names:
        raise EncryptedFileError("The file wants a password.")
    if names & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        return "spreadsheet"
    for name, description in _OLE_KINDS:
        if name in names:
            raise UnsupportedFormatError(f"The file is {description}, which we do not read.")
    raise UnsupportedFormatError("The file is an OLE container of a kind that we do not know.")


def is_locked_workbook(content: bytes) -> bool:
    """This will say whether an old workbook begins with the record that says how it is encrypted.

    Records are a kind and a length of two bytes each, and what they hold (MS-XLS, 2.1.4 and 2.4.117).
    """
    place = content.find(_WORKBOOK_BEGINS)
    for _ in range(_RECORDS_BEFORE_LOCK if place >= 0 else 0):
        if content[place : place + 2] == _LOCK_RECORD:
            return True
        place += 4 + int.from_bytes(content[place + 2 : place + 4], "little")
    return False


def _ole_names(content: bytes) -> Iterator[str]:
    """Give the names of all streams and storages, as far as the container can be followed (MS-CFB, 2.6)."""
    shift = int.from_bytes(content[30:32], "little")
    if shift not in {9, 12}:
        return
    for sector in _directory_sectors(content, size=1 << shift):
        start = (sector + 1) << shift
        for place in range(start, min(start + (1 << shift), len(content)), _ENTRY_BYTES):
            length = int.from_bytes(content[place + 64 : place + 66], "little")
            name = content[place : place + min(max(length - 2, 0), 62)]
            yield name.decode("utf-16-le", errors="replace")


def _directory_sectors(content: bytes, *, size: int) -> Iterator[int]:
    """Follow the chain of the directory's sectors; a chain that leaves the file or turns back ends there."""

    def number_at(place: int) -> int:
        return int.from_bytes(content[place : place + 4].ljust(4, b"\xff"), "little")

    sector = number_at(48)
    seen: set[int] = set()
    while sector < _SECTOR_END and sector not in seen and len(seen) < _MOST_DIRECTORY_SECTORS:
        seen.add(sector)
        yield sector
        table, place = divmod(sector, size // 4)
        table_sector = number_at(76 + 4 * table) if table < 109 else _SECTOR_END  # noqa: PLR2004  # header's table
        if table_sector >= _SECTOR_END:
            return
        sector = number_at((table_sector + 1) * size + 4 * place)
