"""What does every kind of archive tell of its members, and how does its damage become an error of ours?"""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from rag.domain.errors import InvalidInputError
from rag.ports.parsing import UnreadableFileError

# What the standard library raises on hostile or damaged archives, besides its own classes.
_FAILURES: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    LookupError,
    ArithmeticError,
    ValueError,
    RuntimeError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in an archive.

    Attributes:
        name: as the archive has it, harmful or not.
        place: where the archive keeps it, in the archive's own way of counting.
        problem: why it cannot be read; None where nothing is wrong so far.
    """

    name: str
    size: int
    place: int
    modified: datetime | None = None
    problem: InvalidInputError | None = field(default=None, compare=False)


class OpenedArchive(Protocol):
    """An archive whose table of contents has been read."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Its files, by each hard link too: no folders, no other links; of two with one name, the last."""

    @property
    def count(self) -> int:
        """How many members of every kind it has."""

    def content(self, entry: Entry) -> bytes:
        """This will read one file of it."""

    def close(self) -> None:
        """This will give back what it holds."""


@contextmanager
def damage_named(what: str) -> Iterator[None]:
    """This will turn whatever a damaged archive makes the standard library raise into our error.

    Raises:
        UnreadableFileError: with the reason.
    """
    try:
        yield
    except _FAILURES as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise UnreadableFileError(f"{what} is damaged, or is no such file: {reason}.") from error


def last_of_each_name(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """This will keep, of entries with one name, the last one: unpacking would overwrite the others."""
    return tuple({entry.name: entry for entry in entries}.values())
