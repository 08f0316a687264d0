"""Which files stand in these folders?"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.ports.files import NoSuchPathError, SourceFile


@dataclass(frozen=True, slots=True)
class FolderFinder:
    """Walks folders on this machine's disk.

    Attributes:
        reads: whether a file of this name is of a format that we read.
    """

    reads: Callable[[str], bool]

    def find(self, paths: Sequence[Path]) -> Sequence[SourceFile]:
        """This will list what is there, each file once."""
        found: dict[str, SourceFile] = {}
        for path in paths:
            for file in self._below(path):
                found.setdefault(file.place, file)
        return tuple(found.values())

    def _below(self, path: Path) -> Iterator[SourceFile]:
        try:
            root = path.expanduser().resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise NoSuchPathError(f"{path} does not exist or cannot be opened.") from error
        if root.is_file():
            yield _source_file(root, name=root.name)
            return
        if not os.access(root, os.R_OK | os.X_OK):
            raise NoSuchPathError(f"{path} cannot be opened.")
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and self.reads(name):
                    file = Path(folder, name)
                    yield _source_file(file, name=file.relative_to(root).as_posix())


def _source_file(path: Path, *, name: str) -> SourceFile:
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except OSError:  # a broken link: reading it will say so
        modified = None
    return SourceFile(
        source=_readable(name),
        place=_readable(str(path)),
        file_path=_readable(str(path)),
        read=path.read_bytes,
        modified=modified,
    )


def _readable(name: str) -> str:
    """Give a file name with undecodable bytes a form that PostgreSQL can store and people can read."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")
