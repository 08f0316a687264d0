"""Which files are there to read, and what are they called?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol

from rag.domain.errors import InvalidInputError


class NoSuchPathError(InvalidInputError):
    """A path that was named does not exist or cannot be opened."""

    code: ClassVar[str] = "path_missing"
    advice: ClassVar[str] = "Check the spelling and the permissions of the path."


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may become a document.

    Attributes:
        source: the name that people will know it by.
        place: what identifies it: the same place is the same document, whatever it holds.
        file_path: its path on disk; None for an upload.
        read: gives its bytes; raises OSError.
        modified: when it was last changed, if that is known.
    """

    source: str
    place: str
    file_path: str | None
    read: Callable[[], bytes]
    modified: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


class FileFinder(Protocol):
    """Looks through folders."""

    def find(self, paths: Sequence[Path]) -> Sequence[SourceFile]:
        """This will list the files of formats that we read, in order of path.

        A folder is searched with everything below it, hidden files and folders left out; its files are
        named relative to it. A file that is named directly is listed whatever its format.

        Raises:
            NoSuchPathError: a path does not exist or cannot be opened.
        """

    def passed_over(self, paths: Sequence[Path]) -> Sequence[str]:
        """This will name the files of the folders that `find` leaves out for their format."""
