"""Which files stand in these folders?"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from rag.adapters.folders.absence import absent
from rag.domain.names import SIDECAR_ENDINGS, is_hidden
from rag.ports.files import NoSuchPathError, SourceFile, refused
from rag.ports.parsing import FileTooLargeError, UnreadableFileError

# A pipe without a writer would hold whoever opens it; Windows has neither the pipes nor the flag.
_WITHOUT_WAITING: Final = getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class FolderFinder:
    """Walks folders on this machine's disk; pipes, sockets and devices in them are passed over.

    Attributes:
        reads: whether a file of this name is of a format that we read.
        max_bytes: a larger file is refused before it is read into memory; one that is opened as a stream
            is not.
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

    def roots(self, paths: Sequence[Path]) -> Sequence[str]:
        """This will give each path as places begin with it."""
        return [_root(*_existing(path)) for path in paths]

    def passed_over(self, paths: Sequence[Path]) -> Sequence[str]:
        """This will name the files of the folders that `find` leaves out for their format."""
        folders = {root: None for path in paths for root, mode in [_existing(path)] if stat.S_ISDIR(mode)}
        walked = (
            _named(one, root=root) for root in folders for one in _walked(root) if isinstance(one, Path)
        )
        return [name for name in walked if not self.reads(name)]

    def gone(
        self, paths: Sequence[str], *, found: Sequence[SourceFile], roots: Sequence[str]
    ) -> frozenset[str]:
        """This will look at each path, and into the archives around it."""
        return absent(paths, found, roots)

    def _below(self, path: Path) -> Iterator[SourceFile]:
        root, mode = _existing(path)
        if stat.S_ISDIR(mode):
            if not os.access(root, os.R_OK | os.X_OK):
                raise NoSuchPathError(f"{path} cannot be opened.")
            yield from self._inside(root)
        elif stat.S_ISREG(mode):
            yield self._source_file(root, name=root.name)
            yield from self._sidecars_of(root)
        else:
            raise NoSuchPathError(f"{path} is neither a file nor a folder, but a pipe, socket or device.")

    def _inside(self, root: Path) -> Iterator[SourceFile]:
        for one in _walked(root):
            if isinstance(one, Path):
                if self.reads(one.name):
                    yield self._source_file(one, name=_named(one, root=root))
                continue
            folder = Path(os.fsdecode(one.filename))
            unreadable = UnreadableFileError(f"The folder cannot be opened: {one.strerror}.")
            yield refused(self._source_file(folder, name=_named(folder, root=root)), unreadable)

    def _sidecars_of(self, file: Path) -> Iterator[SourceFile]:
        for ending in SIDECAR_ENDINGS:
            sidecar = file.with_name(f"{file.name}{ending}")
            if self.reads(sidecar.name) and sidecar.is_file():
                yield self._source_file(sidecar, name=sidecar.name)

    def _source_file(self, path: Path, *, name: str) -> SourceFile:
        return SourceFile(
            source=_readable(name),
            place=_readable(str(path)),
            file_path=_readable(str(path)),
            read=partial(_content, path, max_bytes=self.max_bytes),
            modified=_modified(path),
            open_stream=partial(_opened, path),
        )


def _existing(path: Path) -> tuple[Path, int]:
    try:
        root = path.expanduser().resolve(strict=True)
        return root, root.stat().st_mode
    except (OSError, RuntimeError) as error:
        raise NoSuchPathError(f"{path} does not exist or cannot be opened.") from error


def _root(path: Path, mode: int) -> str:
    name = _readable(str(path))
    return f"{name}/" if stat.S_ISDIR(mode) and not name.endswith("/") else name


def _walked(root: Path) -> Iterator[Path | OSError]:
    """Give every file that is not hidden, in order, and an error for each folder that cannot be opened."""
    errors: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        files = (Path(folder, name) for name in sorted(names) if not is_hidden(name))
        yield from (file for file in files if _may_be_read(file))
        yield from errors
        errors.clear()
    yield from errors


def _may_be_read(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except OSError:  # a broken link: reading it will say so
        return True


def _named(file: Path, *, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except (OSError, ValueError, OverflowError):
        return None


def _content(path: Path, *, max_bytes: int) -> bytes:
    with _opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        content = b"" if size > max_bytes else stream.read(max_bytes + 1)
    size = max(size, len(content))
    if size > max_bytes:
        raise FileTooLargeError(f"The file has {size} bytes or more, the limit is {max_bytes}.")
    return content


def _opened(path: Path) -> BinaryIO:
    """Open a file that may have become something else since it was listed."""
    stream = open(path, "rb", opener=_open_without_waiting)  # noqa: SIM115 - it is given on
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise UnreadableFileError("It is no file any more, but a pipe, socket or device.")
    return stream


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | _WITHOUT_WAITING)


def _readable(name: str) -> str:
    """Give a file name with undecodable bytes a form that PostgreSQL can store and people can read."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")
