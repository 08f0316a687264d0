"""What does a PDF say, and on which page?"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from rag.adapters.parsers.cleaning import clean, has_words, one_line
from rag.adapters.parsers.composing import metadata_of
from rag.adapters.parsers.pdf_lines import (
    HYPHEN_AT_BREAK,
    continues,
    is_row,
    join,
    paragraphs,
    rejoin_words,
    without_running_lines,
)
from rag.adapters.parsers.pdf_title import title_on_page
from rag.adapters.parsers.titles import sane_title
from rag.domain.documents import Heading, Page, ParsedDocument
from rag.ports.parsing import (
    EmptyDocumentError,
    EncryptedFileError,
    FileTooLargeError,
    UnreadableFileError,
)

MEDIA_TYPE: Final = "application/pdf"
MAX_PAGES: Final = 5_000
MAX_OUTLINE_ENTRIES: Final = 10_000
_TABLE_ROWS: Final = 3
_ROW_LABEL_CHARACTERS: Final = 60
_PAGE_GAP: Final = "\n\n"
_DATE: Final = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?|Z)?")


def read(content: bytes) -> ParsedDocument:
    """This will read the text of every page. PDFium is not thread-safe: one call at a time in a process.

    Raises:
        EncryptedFileError: a password is needed to open it.
        FileTooLargeError: it has more than MAX_PAGES pages.
        EmptyDocumentError: no page holds text.
        UnreadableFileError: it is not a sound PDF.
    """
    document = _open(content)
    try:
        return _read_open(document)
    except pdfium.PdfiumError as error:
        raise UnreadableFileError(f"The PDF is damaged: {error}") from error
    finally:
        document.close()


def _open(content: bytes) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise EncryptedFileError("The PDF wants a password.") from error
        raise UnreadableFileError(f"The PDF cannot be opened: {error}") from error
    if len(document) > MAX_PAGES:
        count = len(document)
        document.close()
        raise FileTooLargeError(f"The PDF has {count} pages, the limit is {MAX_PAGES}.")
    return document


def _read_open(document: pdfium.PdfDocument) -> ParsedDocument:
    said: Mapping[str, str] = document.get_metadata_dict()
    lines = [_lines_of(document, index) for index in range(len(document))]
    if not any(has_words(line) for page in lines for line in page):
        raise EmptyDocumentError("No page of the PDF holds text; it may be a scan.")
    title = sane_title(said.get("Title", "")) or title_on_page(document[0])
    text, pages, unbroken = _compose(without_running_lines(lines))
    return ParsedDocument(
        text=text,
        media_type=MEDIA_TYPE,
        title=title,
        pages=pages,
        headings=_headings(document, text, pages),
        unbroken=unbroken,
        dated=_date_of(said.get("ModDate", "")) or _date_of(said.get("CreationDate", "")),
        metadata=metadata_of(
            author=said.get("Author"), subject=said.get("Subject"), keywords=said.get("Keywords")
        ),
    )


def _lines_of(document: pdfium.PdfDocument, index: int) -> list[str]:
    page = document[index]
    try:
        textpage = page.get_textpage()
        try:
            text: str = textpage.get_text_range()
        finally:
            textpage.close()
    finally:
        page.close()
    # Cleaning drops unseen characters, and this one must live until the words are put together.
    marked = clean(text.replace(HYPHEN_AT_BREAK, "\ue0ff")).replace("\ue0ff", HYPHEN_AT_BREAK)
    return [" ".join(line.split()) for line in marked.split("\n")]


def _compose(
    pages: Sequence[Sequence[str]],
) -> tuple[str, tuple[Page, ...], tuple[tuple[int, int], ...]]:
    """Write pages one after the other; a sentence that runs over to the next page stays one sentence."""
    blocks = [paragraphs(lines) for lines in pages]
    flat = iter(rejoin_words([block for page in blocks for block in page]))
    parts: list[str] = []
    placed: list[Page] = []
    tables: list[tuple[int, int]] = []
    length = 0
    last = ""
    for number, page in enumerate(blocks, start=1):
        words = [next(flat) for _ in page]
        text = "\n".join(words)
        gap = _gap_between(last, words[0]) if last and words else ""
        length += len(gap)
        placed.append(Page(number=number, start=length, end=length + len(text)))
        tables.extend((length + start, length + end) for start, end in _tables(words))
        parts.extend((gap, text))
        length += len(text)
        last = words[-1] if words else last
    return "".join(parts), tuple(placed), tuple(tables)


def _gap_between(last: str, first: str) -> str:
    runs_on = first[:1].islower() and continues(last, first, width=len(last)) and last[-1:] not in ".!?:;"
    return " " if runs_on and join(last, first).count(HYPHEN_AT_BREAK) == 0 else _PAGE_GAP


def _tables(blocks: Sequence[str]) -> list[tuple[int, int]]:
    """Find runs of rows; a short line without numbers between two rows is a row's label."""
    starts = [0]
    for block in blocks:
        starts.append(starts[-1] + len(block) + 1)
    found: list[tuple[int, int]] = []
    first: int | None = None
    rows = last_row = 0
    for position, block in enumerate([*blocks, "."]):
        if is_row(block):
            first, rows, last_row = (position if first is None else first), rows + 1, position
        elif first is not None and (position - last_row > 1 or not _is_label(block)):
            if rows >= _TABLE_ROWS:
                found.append((starts[first], starts[last_row] + len(blocks[last_row])))
            first, rows = None, 0
    return found


def _is_label(block: str) -> bool:
    return len(block) <= _ROW_LABEL_CHARACTERS and not block.endswith(".")


def _headings(document: pdfium.PdfDocument, text: str, pages: Sequence[Page]) -> tuple[Heading, ...]:
    """Find the titles of the outline on the pages that they point to; those not found there are left out."""
    found: list[Heading] = []
    for count, mark in enumerate(document.get_toc(max_depth=6)):
        destination = mark.get_dest()
        index = destination.get_index() if destination is not None else None
        title = one_line(mark.get_title())
        if count >= MAX_OUTLINE_ENTRIES or index is None or not title or index >= len(pages):
            continue
        start = _place_of(title, text, pages[index], after=found[-1].start if found else -1)
        if start is not None:
            found.append(Heading(level=min(mark.level + 1, 6), title=title, start=start))
    found.sort(key=lambda heading: heading.start)
    return tuple(found)


def _place_of(title: str, text: str, page: Page, *, after: int) -> int | None:
    words = r"\s+".join(re.escape(word) for word in title.split())
    pattern = re.compile(rf"^(?:[\dA-Z]+(?:\.\d+)*[.:)]?\s+)?{words}", re.MULTILINE | re.IGNORECASE)
    match = pattern.search(text, max(page.start, after + 1), page.end)
    return match.start() if match else None


def _date_of(written: str) -> datetime | None:
    """Read a date as ISO 32000 (7.9.4) writes it: D:20230804060209-04'00'."""
    match = _DATE.match(written.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, sign, zone_hour, zone_minute = match.groups()
    zone = f"{sign}{zone_hour}:{zone_minute or '00'}" if sign else "+00:00"
    try:
        return datetime.fromisoformat(
            f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
        )
    except ValueError:
        return None
