"""Who is here? Locks that the kernel itself gives back, even after kill -9."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """One flock on one open file; every instance counts for itself, also within one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def share(self) -> bool:
        """This will take the lock beside others who share it, and say whether that worked at once."""
        return self._take(fcntl.LOCK_SH)

    def own(self) -> bool:
        """This will take the lock alone, and say whether that worked at once."""
        return self._take(fcntl.LOCK_EX)

    def release(self) -> None:
        """This will give the lock back; giving back what we do not hold changes nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, operation: int) -> bool:
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True


def is_owned(path: Path) -> bool:
    """This will say whether somebody owns the lock at `path` right now."""
    if not path.exists():
        return False
    lock = FileLock(path)
    taken = lock.share()
    lock.release()
    return not taken
