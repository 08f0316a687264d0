"""Which files stand in these folders?"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from rag.ports.files import NoSuchPathError, SourceFile
from rag.ports.parsing import FileTooLargeError, UnreadableFileError

# A pipe without a writer would hold whoever opens it; Windows has neither the pipes nor the flag.
_WITHOUT_WAITING: Final = getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class FolderFinder:
    """Walks folders on this machine's disk; pipes, sockets and devices in them are passed over.

    Attributes:
        reads: whether a file of this name is of a format that we read.
        max_bytes: a larger file is refused before it is read into memory.
    """

    reads: Callable[[str], bool]
    max_bytes: int = 64 * 2**20

    def find(self, paths: Sequence[Path]) -> Sequence[SourceFile]:
        """This will list what is there, each file once."""
        found: dict[str, SourceFile] = {}
        for path in paths:
            for file in self._below(path):
                found.setdefault(file.place, file)
        return tuple(found.values())

    def passed_over(self, paths: Sequence[Path]) -> Sequence[str]:
        """This will name the files of the folders that `find` leaves out for their format."""
        others = replace(self, reads=lambda name: not self.reads(name))
        return [file.source for file in others.find([path for path in paths if path.expanduser().is_dir()])]

    def _below(self, path: Path) -> Iterator[SourceFile]:
        try:
            root = path.expanduser().resolve(strict=True)
            mode = root.stat().st_mode
        except (OSError, RuntimeError) as error:
            raise NoSuchPathError(f"{path} does not exist or cannot be opened.") from error
        if not stat.S_ISDIR(mode):
            if not stat.S_ISREG(mode):
                raise NoSuchPathError(f"{path} is neither a file nor a folder, but a pipe, socket or device.")
            yield self._source_file(root, name=root.name, modified=_modified(root.stat()))
            return
        if not os.access(root, os.R_OK | os.X_OK):
            raise NoSuchPathError(f"{path} cannot be opened.")
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and self.reads(name):
                    yield from self._listed(Path(folder, name), root=root)

    def _listed(self, file: Path, *, root: Path) -> Iterator[SourceFile]:
        name = file.relative_to(root).as_posix()
        try:
            status = file.stat()
        except OSError:  # a broken link: reading it will say so
            yield self._source_file(file, name=name, modified=None)
            return
        if stat.S_ISREG(status.st_mode):
            yield self._source_file(file, name=name, modified=_modified(status))

    def _source_file(self, path: Path, *, name: str, modified: datetime | None) -> SourceFile:
        return SourceFile(
            source=_readable(name),
            place=_readable(str(path)),
            file_path=_readable(str(path)),
            read=partial(_content, path, max_bytes=self.max_bytes),
            modified=modified,
        )


def _modified(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, tz=UTC)


def _content(path: Path, *, max_bytes: int) -> bytes:
    """Read a file that may have become something else, or have grown, since it was listed."""
    with open(path, "rb", opener=_open_without_waiting) as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("It is no file any more, but a pipe, socket or device.")
        content = b"" if status.st_size > max_bytes else stream.read(max_bytes + 1)
    size = max(status.st_size, len(content))
    if size > max_bytes:
        raise FileTooLargeError(f"The file has {size} bytes or more, the limit is {max_bytes}.")
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | _WITHOUT_WAITING)


def _readable(name: str) -> str:
    """Give a file name with undecodable bytes a form that PostgreSQL can store and people can read."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")
