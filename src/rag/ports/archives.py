"""Which files does an archive hold?"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from rag.ports.files import SourceFile


@dataclass(frozen=True, slots=True)
class Members:
    """What an archive holds, and the archives in it.

    Attributes:
        files: the files to read. One that cannot be read is among them; reading it says why.
        passed_over: the names of files of other formats.
    """

    files: Sequence[SourceFile]
    passed_over: Sequence[str]


class ArchiveReading(Protocol):
    """Archives that are open for reading; it may be used from several threads."""

    def members(self, archive: SourceFile) -> Members:
        """This will list the files in an archive, hidden ones left out; their bytes are read when asked for.

        A member's place and path are those of the archive, `!/` and its harmless name. Blocking: call it off
        the event loop.

        Raises:
            FileTooLargeError: it holds, or unpacks to, more than we read.
            UnreadableFileError: it is damaged, or no archive.
            OSError: it cannot be opened.
        """


class Archives(Protocol):
    """Opens ZIP files and tar files."""

    def is_archive(self, name: str) -> bool:
        """This will say whether a file of this name stands for the files in it, by its extension."""

    def reading(self) -> AbstractContextManager[ArchiveReading]:
        """This will open archives until the context ends; members cannot be read afterwards."""
