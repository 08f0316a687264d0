"""How do changes of test sets wait for one another?"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rag.ports.test_sets import UnwritableFileError

PATIENCE_SECONDS: Final = 30.0
PAUSE_SECONDS: Final = 0.02


@contextmanager
def one_change_in(folder: Path) -> Iterator[None]:
    """This will keep others who ask the same out of a folder; the kernel ends it with the process.

    The folder itself is locked. A file is replaced by each change, and a lock of its own would stay behind.

    Raises:
        UnwritableFileError: there is no such folder, or somebody else did not finish within 30 seconds.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UnwritableFileError(f"{folder} cannot be opened: {error.strerror or error}.") from error
    try:
        _wait_for(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _is_taken(descriptor):
        if time.monotonic() > deadline:
            raise UnwritableFileError(f"Somebody else is changing a test set in {folder}; try again.")
        time.sleep(PAUSE_SECONDS)


def _is_taken(descriptor: int) -> bool:
    """Tell whether the lock is ours now, as far as the disk knows locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks lock no folders; a change there is as safe as its single write
        return True
    return True
