"""Where does each row of a file of separated values end, even where its quotation marks are broken?"""

import csv
from collections.abc import Generator, Iterator, Sequence
from typing import Final

# Stands behind a line, and is cleaned out of every text, so that no file can hold it: a line that takes it
# into its last value has a quotation mark without an end.
_END: Final = "\ufdd1"
_MOST_BREAKS: Final = 20  # each may cost reading the whole rest once more
_FEWEST_SWALLOWED: Final = 3
_FEWEST_SWALLOWED_PAIRS: Final = 6  # a single separator in each line is nothing unusual in prose


def read_rows(text: str, *, delimiter: str, notes: list[str]) -> Iterator[list[str]]:
    """This will give the rows of a cleaned text; a quotation mark that has no end is read as a letter.

    Appends to `notes` a sentence on each such mark, up to twenty.
    """
    csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))
    lines = text.split("\n")
    at = 0
    while len(notes) < _MOST_BREAKS:
        at = yield from _rows_until_broken(lines, at, delimiter=delimiter)
        if at >= len(lines):
            return
        rows = list(csv.reader([f"{lines[at]}\n", _END], delimiter=delimiter))
        if rows[-1] != [_END]:
            notes.append(f"A quotation mark in line {at + 1} has no end, so that line was read as it stands.")
            rows = list(csv.reader([lines[at]], delimiter=delimiter, quoting=csv.QUOTE_NONE))
        yield rows[0]
        at += 1
    notes.append(f"From line {at + 1} on, quotation marks are read as they stand.")
    yield from csv.reader(lines[at:], delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _rows_until_broken(lines: Sequence[str], at: int, *, delimiter: str) -> Generator[list[str], None, int]:
    """Give rows up to one that is not sound; return at which line it begins, or the number of lines."""
    following = (f"{lines[place]}\n" for place in range(at, len(lines)))
    reader = csv.reader(following, delimiter=delimiter, strict=True)
    width = 0
    started = 0
    try:
        for row in reader:
            span = lines[at + started : at + reader.line_num]
            if _swallows_rows(span, delimiter=delimiter, width=width):
                break
            width = max(width, len(row))
            started = reader.line_num
            yield row
        else:
            return len(lines)
    except csv.Error:
        pass  # a mark is not where it belongs, so the line in which its row begins is read with more patience
    return at + started


def _swallows_rows(span: Sequence[str], *, delimiter: str, width: int) -> bool:
    """Say whether lines that were read as one row each look like a row of their own."""
    fewest = _FEWEST_SWALLOWED if width > 2 else _FEWEST_SWALLOWED_PAIRS  # noqa: PLR2004  # a pair
    return len(span) >= fewest and width > 1 and all(line.count(delimiter) == width - 1 for line in span)
