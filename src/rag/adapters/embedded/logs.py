"""What did a server print, and how does its log stay small?"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

LARGEST_LOG_BYTES: Final = 5_000_000
_TAIL_BYTES: Final = 4_000
_TAIL_LINES: Final = 3


@contextmanager
def appending(log: Path) -> Iterator[int]:
    """This will open a log for a child process, as a file descriptor that only ever appends."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def keep_small(log: Path, *, largest_bytes: int = LARGEST_LOG_BYTES) -> None:
    """This will move what is in an overlong log to `<log>.1`, in place of what was there.

    The file itself stays, because running servers append to it. Lines printed at the very moment may be lost.
    """
    if log.exists() and log.stat().st_size > largest_bytes:
        with suppress(OSError):  # a full disk is the last reason to let it grow
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def last_words(log: Path) -> str:
    """This will give the last lines of a log as one line; empty where there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_TAIL_LINES:])
