"""How does text get from disk and to it, whole or not at all?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident

from rag.domain.golden import InvalidTestSetError
from rag.ports.files import NoSuchPathError
from rag.ports.test_sets import UnwritableFileError


def text_of(path: Path) -> str:
    """This will read a file in UTF-8, with or without a byte order mark.

    Raises:
        NoSuchPathError: it does not exist or cannot be opened.
        InvalidTestSetError: it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise NoSuchPathError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InvalidTestSetError(f"Byte {error.start} is not UTF-8.", file=str(path)) from error


def write_atomically(path: Path, text: str) -> None:
    """This will replace the file at `path` in one step: whatever happens, the old or the new one stands.

    Raises:
        InvalidTestSetError: the text holds characters that UTF-8 cannot carry.
        UnwritableFileError: the disk does not take it; the old file stands.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise InvalidTestSetError("It holds half of a character.", file=str(path)) from error
    with _draft_for(path) as (draft, target):
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)


def verify_writable(path: Path) -> None:
    """This will try whether a file can be written at `path`; what stands there stays as it is.

    Raises:
        UnwritableFileError: it cannot.
    """
    with _draft_for(path) as (draft, _):
        draft.touch()


def resolved(path: Path) -> Path:
    """This will follow links to the end.

    Raises:
        UnwritableFileError: they lead in a circle.
    """
    try:
        return path.resolve()
    except RuntimeError as error:
        raise UnwritableFileError(f"{path} cannot be written: its links lead in a circle.") from error


@contextmanager
def _draft_for(path: Path) -> Iterator[tuple[Path, Path]]:
    """Give a place beside the file, which is empty again afterwards, and the file that is meant."""
    draft = None
    try:
        target = resolved(path)  # a link stays, and what it leads to is replaced
        if target.exists() and not target.is_file():  # a folder or a device
            raise UnwritableFileError(f"{path} cannot be written: it is no file.")
        draft = target.with_name(f".{target.name}.{os.getpid()}.{get_ident()}.draft")
        yield draft, target
    except OSError as error:
        raise UnwritableFileError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()
