"""How does text get from disk and to it, whole or not at all?"""

import os
from pathlib import Path

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
    target = path.resolve()  # a link stays, and what it leads to is replaced
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise InvalidTestSetError("It holds half of a character.", file=str(path)) from error
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UnwritableFileError(f"{path} cannot be written: {error.strerror or error}.") from error
