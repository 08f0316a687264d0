"""What does a file of separated values say?"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Final

from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.composing import TextComposer
from rag.adapters.parsers.csv_rows import read_rows
from rag.adapters.parsers.decoding import decode
from rag.adapters.parsers.table_text import MAX_CELLS, TableWriter
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import FileTooLargeError

CSV_TYPE: Final = "text/csv"
TSV_TYPE: Final = "text/tab-separated-values"
# In this order where two part the lines equally well: a decimal comma is as regular as a semicolon.
_DELIMITERS: Final = ("\t", ";", "|", ",")
_SAMPLE_CHARACTERS: Final = 200_000
_SAMPLE_LINES: Final = 200
_NEARLY_AS_GOOD: Final = 0.1
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_STATED: Final = re.compile(r"\A\s*\"?sep=(.)\"?[ \t]*\n", re.IGNORECASE)  # as Excel writes it


def read(content: bytes) -> ParsedDocument:
    """This will read rows whose values are parted by commas, semicolons, tabs or upright bars.

    Raises:
        FileTooLargeError: there are more cells than we read.
        UnreadableFileError: the bytes are text in no encoding that we know.
    """
    text = clean(decode(content))
    stated = _STATED.match(text)
    if stated is not None:
        text = text[stated.end() :]
    delimiter = stated.group(1) if stated else delimiter_of(text)
    rows: list[list[str]] = []
    cells = 0
    notes: list[str] = []
    for row in read_rows(text, delimiter=delimiter, notes=notes):
        cells += len(row)
        if cells > MAX_CELLS:
            raise FileTooLargeError(f"The file has more than {MAX_CELLS:,} cells.")
        rows.append([" ".join(cell.split()) for cell in row])
    composer = TextComposer()
    TableWriter(composer).write(rows)
    return ParsedDocument(
        text=composer.text,
        media_type=TSV_TYPE if delimiter == "\t" else CSV_TYPE,
        headings=composer.headings,
        unbroken=composer.unbroken,
        notes=tuple(notes),
    )


def delimiter_of(text: str) -> str:
    r"""This will find what parts the values: what occurs equally often in most of the first lines.

    >>> delimiter_of("name;price\nbolt;1,50\nnut;0,20\n")
    ';'
    """
    sample = _QUOTED.sub('""', text[:_SAMPLE_CHARACTERS])
    lines = list(islice((line for line in sample.split("\n") if line.strip()), _SAMPLE_LINES))
    shares = {delimiter: _share_of_usual(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(shares.values())
    if best == 0:
        return ","
    return next(delimiter for delimiter, share in shares.items() if share >= best - _NEARLY_AS_GOOD)


def _share_of_usual(lines: Sequence[str], delimiter: str) -> float:
    """Give the share of lines that hold `delimiter` as often as most lines do that hold it."""
    counts = Counter(line.count(delimiter) for line in lines)
    del counts[0]
    usual = counts.most_common(1)
    return usual[0][1] / len(lines) if usual else 0.0
