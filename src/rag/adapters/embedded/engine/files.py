"""How do files get to disk, whole or not at all?"""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PIECE_BYTES: Final = 1 << 20
_STRAY_ATTEMPTS: Final = 20
_STRAY_PAUSE_SECONDS: Final = 0.1


class UnsyncedError(OSError):
    """The file has been replaced, but a power cut might still bring the former one back."""


def write_atomically(path: Path, content: bytes) -> None:
    """This will replace the file at `path` in one step that survives a power cut.

    Raises:
        UnsyncedError: it has been replaced, and the disk did not confirm that this lasts.
        OSError: it could not be replaced, and is as it was.
    """
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    try:
        sync(path.parent)
    except OSError as error:
        raise UnsyncedError(error.errno, error.strerror, str(path)) from error


def copy_tree(source: Path, target: Path) -> None:
    """This will copy a directory; the holes of its files stay holes, for the engine allocates far ahead."""
    target.mkdir(mode=0o700)
    for entry in sorted(source.iterdir()):
        if entry.is_dir():
            copy_tree(entry, target / entry.name)
        else:
            _copy_file(entry, target / entry.name)


def sync_tree(folder: Path) -> None:
    """This will wait until everything below `folder` is on disk."""
    for entry in folder.iterdir():
        if entry.is_dir():
            sync_tree(entry)
        else:
            sync(entry)
    sync(folder)


def sync(path: Path) -> None:
    """This will wait until one file, or a directory's list of names, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        size = os.fstat(reader.fileno()).st_size
        for start, end in _extents(reader.fileno(), size):
            reader.seek(start)
            writer.seek(start)
            while (position := reader.tell()) < end:
                piece = memoryview(reader.read(min(_PIECE_BYTES, end - position)))
                while piece:
                    piece = piece[writer.write(piece) :]
        writer.truncate(size)


def _extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield `[start, end)` of the parts that hold something."""
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end


def remove_stray(directory: Path) -> None:
    """This will remove a directory that a builder may still be writing to in its last moment."""
    for _ in range(_STRAY_ATTEMPTS):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(_STRAY_PAUSE_SECONDS)
