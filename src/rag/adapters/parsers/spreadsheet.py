"""What do the sheets of a workbook say?"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Final, TypeAlias

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import TextComposer
from rag.adapters.parsers.office_container import OLE_MARK, is_locked_workbook, ole_format
from rag.adapters.parsers.office_left_out import refuse_without_text
from rag.adapters.parsers.office_properties import OfficeProperties, properties_of
from rag.adapters.parsers.office_unpacking import packed, unpacked
from rag.adapters.parsers.sheet_sizes import refuse_wide_sheets
from rag.adapters.parsers.table_text import MAX_CELLS, TableWriter
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import EncryptedFileError, FileTooLargeError, UnreadableFileError

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS_TYPE: Final = "application/vnd.oasis.opendocument.spreadsheet"
XLS_TYPE: Final = "application/vnd.ms-excel"
_MANIFEST: Final = "META-INF/manifest.xml"
_ENCRYPTION: Final = b"encryption-data"
_BINARY_PARTS: Final = frozenset({".bin"})  # the sheets of .xlsb
_SIGNIFICANT: Final = ".15g"  # as many digits as a spreadsheet keeps
_LARGEST_WITHOUT_EXPONENT: Final = 1e18
_MIDNIGHT: Final = time()

Cell: TypeAlias = float | str | bool | time | date | datetime | timedelta
Parts: TypeAlias = Mapping[str, bytes]


def read(content: bytes) -> ParsedDocument:
    """This will read the values that a workbook shows; formulae and charts are left out.

    Raises:
        EncryptedFileError: it wants a password.
        EmptyDocumentError: all its sheets are hidden.
        FileTooLargeError: it unpacks to more than we read, or has more cells.
        UnsupportedFormatError: it is an old file of another kind.
        UnreadableFileError: it is damaged.
    """
    notes: list[str] = []
    parts: Parts = {}
    media_type = XLS_TYPE
    if content.startswith(OLE_MARK):
        ole_format(content)
        if is_locked_workbook(content):
            raise EncryptedFileError("The workbook wants a password.")
    else:
        found = unpacked(content, also=_BINARY_PARTS)
        parts = found.parts
        notes += [f"The part {name} is damaged and was not read." for name in found.damaged]
        if _ENCRYPTION in parts.get(_MANIFEST, b""):
            raise EncryptedFileError("The workbook wants a password.")
        refuse_wide_sheets(parts)
        # OpenDocument is known by a part that must stand first and has no suffix.
        media_type = XLSX_TYPE if "[Content_Types].xml" in parts else ODS_TYPE
        marked = {} if media_type == XLSX_TYPE else {"mimetype": ODS_TYPE.encode()}
        content = packed({**marked, **parts})
    composer = TextComposer()
    with _opened(content) as workbook:
        _Sheets(workbook, composer, notes).write()
    parsed = _document(composer, properties_of(parts), media_type=media_type, notes=notes)
    return refuse_without_text(parsed)


def _document(
    composer: TextComposer, properties: OfficeProperties, *, media_type: str, notes: list[str]
) -> ParsedDocument:
    return ParsedDocument(
        text=composer.text,
        media_type=media_type,
        title=properties.title,
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=properties.language,
        dated=properties.dated,
        metadata=properties.metadata,
        notes=tuple(notes),
    )


def _opened(content: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(BytesIO(content))
    except PasswordError as error:
        raise EncryptedFileError("The workbook wants a password.") from error
    except CalamineError as error:
        raise UnreadableFileError(f"The workbook is damaged: {one_line(str(error))}.") from error


class _Sheets:
    """Writes the sheets of a workbook, and notes those that are not read."""

    def __init__(self, workbook: CalamineWorkbook, composer: TextComposer, notes: list[str]) -> None:
        self._workbook = workbook
        self._composer = composer
        self._notes = notes
        self._cells = 0

    def write(self) -> None:
        """Write every sheet that a reader would see."""
        if not self._workbook.sheets_metadata:
            raise UnreadableFileError(
                " ".join(["The workbook is damaged: it lists no sheets.", *self._notes])
            )
        tables = TableWriter(self._composer)
        for described in self._workbook.sheets_metadata:
            sheet = self._sheet(described)
            if sheet is None:
                continue
            self._cells += sheet.height * sheet.width
            if self._cells > MAX_CELLS:
                raise FileTooLargeError(f"The workbook has more than {MAX_CELLS:,} cells.")
            if sheet.height:
                self._composer.add_heading(described.name, level=1)
                tables.write(_rows(sheet))

    def _sheet(self, described: SheetMetadata) -> CalamineSheet | None:
        name = one_line(described.name)
        if described.visible != SheetVisibleEnum.Visible:
            self._notes.append(f'The hidden sheet "{name}" was not read.')
            return None
        if described.typ != SheetTypeEnum.WorkSheet:
            self._notes.append(f'The sheet "{name}" holds a chart or a program, and was not read.')
            return None
        try:
            return self._workbook.get_sheet_by_name(described.name)
        except CalamineError as error:
            self._notes.append(f'The sheet "{name}" could not be read: {one_line(str(error))}.')
            return None


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [shown(cell) for cell in row]


def shown(cell: Cell) -> str:
    """This will write the value of a cell as a person would.

    >>> shown(2.0), shown(0.1 + 0.2), shown(datetime(2024, 5, 1)), shown(True)
    ('2', '0.3', '2024-05-01', 'TRUE')
    """
    if isinstance(cell, str):
        # Nearly all are plain, and a workbook may hold millions.
        return " ".join(cell.split()) if cell.isascii() and cell.isprintable() else one_line(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _figure(cell)
    if isinstance(cell, datetime):
        day = cell.date().isoformat()
        return day if cell.time() == _MIDNIGHT else f"{day} {_clock(cell.time())}"
    return _clock(cell) if isinstance(cell, time) else str(cell)


def _figure(number: float) -> str:
    whole = abs(number) < _LARGEST_WITHOUT_EXPONENT and number == int(number)
    return str(int(number)) if whole else format(number, _SIGNIFICANT)


def _clock(moment: time) -> str:
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
