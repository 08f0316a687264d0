"""How do blocks that a reader finds become one text whose offsets are known?"""

from datetime import UTC, datetime
from typing import Final

from rag.adapters.parsers.cleaning import clean, one_line
from rag.domain.documents import Heading

PARAGRAPH_GAP: Final = "\n\n"
LINE_GAP: Final = "\n"
MAX_METADATA_CHARACTERS: Final = 1000


class TextComposer:
    """Collects blocks in reading order; each ends its line, so no sentence runs on into the next."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._unbroken: list[tuple[int, int]] = []

    def add(self, text: str, *, gap: str = PARAGRAPH_GAP, unbroken: bool = False) -> None:
        """This will append a block after `gap`; one without content is left out."""
        block = clean(text).strip("\n").rstrip()
        if not block.strip():
            return
        start = self._append(block, gap=gap)
        if unbroken:
            self._unbroken.append((start, self._length))

    def add_heading(self, title: str, *, level: int) -> None:
        """This will append a heading on a line of its own; `level` counts from 1."""
        line = one_line(title)
        if line:
            start = self._append(line, gap=PARAGRAPH_GAP)
            self._headings.append(Heading(level=min(max(level, 1), 6), title=line, start=start))

    def _append(self, block: str, *, gap: str) -> int:
        if self._parts:
            self._parts.append(gap)
            self._length += len(gap)
        start = self._length
        self._parts.append(block)
        self._length += len(block)
        return start

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(self._parts)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings so far, in order."""
        return tuple(self._headings)

    @property
    def unbroken(self) -> tuple[tuple[int, int], ...]:
        """The spans of the blocks that must not be cut, in order."""
        return tuple(self._unbroken)


def metadata_of(**fields: str | None) -> dict[str, str]:
    """This will keep the fields that say something, each on one line of bounded length.

    >>> metadata_of(author=" A.  Writer ", description=None)
    {'author': 'A. Writer'}
    """
    lines = {name: one_line(field or "")[:MAX_METADATA_CHARACTERS] for name, field in fields.items()}
    return {name: line for name, line in lines.items() if line}


def date_of(written: str | None) -> datetime | None:
    """This will read an ISO 8601 date, in UTC where it names no time zone; anything else is no date.

    >>> date_of("2023-08-04")
    datetime.datetime(2023, 8, 4, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat((written or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
