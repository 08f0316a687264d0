"""Where does everything of one data directory lie?"""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rag.adapters.embedded.errors import EmbeddedServersError

# The shortest limit of the systems that we run on (macOS), less the closing zero byte.
_SOCKET_PATH_BYTES: Final = 103
# asyncpg splits a host at commas, and PostgreSQL splits its list of folders at commas and quotes.
_PLAIN_PATH: Final = re.compile(r"[\w/. +-]+")
# A fixed folder, whatever TMPDIR says: every process must arrive at the same place, and at a short one.
_SHORT_FOLDER: Final = Path("/tmp")  # noqa: S108 - the folders made in it are private, and checked to be ours


@dataclass(frozen=True, slots=True)
class Places:
    """The paths below one data directory."""

    data_dir: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Places":
        """This will give the places of `data_dir`, the same ones by whatever path it is named."""
        return cls(data_dir=Path(os.path.realpath(data_dir.expanduser())))

    @property
    def name(self) -> str:
        """A short name that no other data directory on this machine has."""
        return hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]

    @property
    def run(self) -> Path:
        """Locks, status and the engine's socket."""
        return self.data_dir / "run"

    @property
    def logs(self) -> Path:
        """What the servers print."""
        return self.data_dir / "logs"

    @property
    def engine(self) -> Path:
        """The vector engine's own data."""
        return self.data_dir / "engine"

    @property
    def status(self) -> Path:
        """What the supervisor tells."""
        return self.run / "status.json"

    @property
    def supervisor_lock(self) -> Path:
        """Owned by the supervisor as long as it lives."""
        return self.run / "supervisor.lock"

    def holders_lock(self, server: str) -> Path:
        """Shared by everyone who needs `server`."""
        return self.run / f"{server}.holders.lock"

    def log(self, server: str) -> Path:
        """What `server` prints."""
        return self.logs / f"{server}.log"

    def create(self) -> None:
        """This will make the folders that every holder needs.

        Raises:
            EmbeddedServersError: the data directory cannot be made or written.
        """
        try:
            _make(self.data_dir, mode=_data_dir_mode())
            for folder in (self.run, self.logs, self.engine):
                _make(folder, mode=0o700)
                _check_writable(folder)
        except OSError as error:
            raise EmbeddedServersError(
                f"The data directory {self.data_dir} cannot be used: {error.strerror} ({error.filename})."
            ) from error


def socket_folder(preferred: Path, *, file_name: str, owner: int, group: int) -> Path:
    """This will make a private folder for the socket `file_name`: `preferred`, or a shorter one.

    Raises:
        EmbeddedServersError: the folder is not private to `owner`.
    """
    path = preferred / file_name
    fits = len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(str(path)) is not None
    if fits:
        folder = preferred
    else:
        name = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:16]
        folder = _SHORT_FOLDER / f"rag-{os.geteuid()}-{name}"
    _make(folder, mode=0o700)
    seen = folder.lstat()
    if stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() != owner:
        os.chown(folder, owner, group)
    check_private(folder, owner=owner)
    return folder


def check_private(folder: Path, *, owner: int) -> None:
    """This will refuse a folder that others than `owner` could have prepared or can enter.

    Raises:
        EmbeddedServersError: it is a link, belongs to somebody else, or is open to others.
    """
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != owner or seen.st_mode & 0o077:
        raise EmbeddedServersError(
            f"The folder {folder} must be a real folder, belong to user id {owner} and be closed to others "
            f"(mode 0700). Remove it, or give it back: chown {owner} {folder}; chmod 700 {folder}."
        )


def make_root_home(folder: Path) -> None:
    """This will make the folder in which root keeps what PostgreSQL's user could not reach otherwise.

    Raises:
        EmbeddedServersError: others than root could change what is in it.
    """
    _make(folder, mode=0o711)
    seen = folder.stat()
    if seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        raise EmbeddedServersError(f"{folder} must belong to root and be writable by nobody else.")


def _data_dir_mode() -> int:
    # PostgreSQL refuses to run as root, and the user that it runs as then must get through to its folder.
    # Each folder below is closed.
    return 0o711 if os.geteuid() == 0 else 0o700


def _make(folder: Path, *, mode: int) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(20, "Not a directory", str(folder)) from None
        return
    folder.chmod(mode)  # mkdir's mode is less what the umask takes away


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied", str(folder))
