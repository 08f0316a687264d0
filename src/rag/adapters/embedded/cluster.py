"""Where is PostgreSQL's data, whose is it, and how is it made?"""

import os
import shutil
import sys
from dataclasses import dataclass
from locale import LC_CTYPE, setlocale
from locale import Error as LocaleError
from pathlib import Path
from typing import Final

from rag.adapters.embedded.accounts import Account, account_for
from rag.adapters.embedded.binaries import Installation
from rag.adapters.embedded.errors import EmbeddedServersError
from rag.adapters.embedded.leftovers import end_databases
from rag.adapters.embedded.places import Places, make_root_home

ROLE: Final = "rag"
_BUILTIN_LOCALE_SINCE: Final = 17
_SYNCFS_SINCE: Final = 17
_UTF8_CTYPES: Final = ("C.UTF-8", "en_US.UTF-8", "UTF-8")
# After a crash PostgreSQL syncs every file of the cluster: one call does it where there is one.
_RECOVERY_SYNC: Final = "syncfs" if sys.platform == "linux" else "fsync"
_SETTINGS: Final = f"""
# What rag-system sets for a new cluster. Change it here or with ALTER SYSTEM.
max_connections = 100
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
recovery_init_sync_method = {_RECOVERY_SYNC}
log_line_prefix = '%m [%p] %q%u@%d '
"""


@dataclass(frozen=True, slots=True)
class ClusterPlace:
    """Where the cluster lies or will lie, and the user that it belongs to.

    Attributes:
        link: what shall lead to a new cluster that is made outside the data directory.
    """

    cluster: Path
    account: Account
    link: Path | None = None

    @property
    def lock(self) -> Path:
        """Owned by the supervisor that runs this cluster, by whatever data directory it came here."""
        return self.cluster.with_name(f"{self.cluster.name}.lock")

    @property
    def sockets(self) -> Path:
        """The folder of PostgreSQL's socket, where its path is short enough."""
        return self.cluster.with_name(f"{self.cluster.name}.sockets")

    @property
    def draft(self) -> Path:
        """Where a new cluster is made before it gets its name."""
        return self.cluster.with_name(f"{self.cluster.name}.new")


def find_cluster(places: Places, *, root_home: Path) -> ClusterPlace:
    """This will say where the cluster of a data directory is, or where a new one belongs.

    It belongs into the data directory. Where root's stand-in cannot get through to that, it is kept in
    `root_home`, and the data directory's `postgres` is a link to it.

    Raises:
        EmbeddedServersError: the link leads nowhere, the cluster's user does not get through to it, or
            the place outside still holds the cluster of a data directory that was removed.
    """
    named = places.data_dir / "postgres"
    place = ClusterPlace(cluster := Path(os.path.realpath(named)), account := account_for(cluster))
    if cluster.exists():
        if not account.can_enter(cluster):
            raise EmbeddedServersError(
                f"User {account.name}, as whom PostgreSQL runs, cannot get through to {cluster}. "
                f"Allow passing through the folders above it: chmod o+x."
            )
        return place
    if named.is_symlink() and not place.draft.exists():
        raise EmbeddedServersError(
            f"{named} says that PostgreSQL's data is in {cluster}, and that is gone. Bring that folder back; "
            f"only if the data may be lost, remove the link {named}."
        )
    if named.is_symlink() or account.can_enter(places.data_dir):
        return place
    return _place_outside(places, account, link=named, root_home=root_home)


def major_of(cluster: Path) -> int | None:
    """This will give the version of PostgreSQL that wrote `cluster`, or None where there is none yet.

    Raises:
        EmbeddedServersError: something else stands there.
    """
    if not cluster.exists():
        return None
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise EmbeddedServersError(
            f"{cluster} holds no PostgreSQL data: its PG_VERSION cannot be read ({error}). "
            "Move it away to start with an empty one, or restore a backup."
        ) from error


def make_cluster(place: ClusterPlace, installation: Installation) -> None:
    """This will make an empty cluster with the role and the database `rag`.

    It gets its name in the last step, when everything is on the disk: what a kill leaves behind is a draft,
    which the next start throws away.
    """
    end_databases(place.draft, seconds=1)
    shutil.rmtree(place.draft, ignore_errors=True)
    place.draft.mkdir(mode=0o700)
    place.account.give(place.draft)
    initdb = installation.program("initdb")
    target = ["-D", str(place.draft)]
    place.account.run([initdb, *target, *_new_cluster_arguments(installation.major)])
    with (place.draft / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS)
    place.account.run(
        [installation.program("postgres"), "--single", "-j", "-F", *target, "template1"],
        typed=f"CREATE DATABASE {ROLE}\n",
    )
    place.account.run([initdb, "--sync-only", *_sync_arguments(installation.major), *target])
    # A link to a draft says that we were about to finish; a cluster without a link is never taken up.
    if place.link is not None:
        place.link.symlink_to(place.cluster)
    place.draft.rename(place.cluster)
    _sync_folder(place.cluster.parent)


def _place_outside(places: Places, account: Account, *, link: Path, root_home: Path) -> ClusterPlace:
    make_root_home(root_home)
    home = Path(os.path.realpath(root_home)) / places.name
    home.mkdir(mode=0o711, exist_ok=True)
    home.chmod(0o711)
    place = ClusterPlace(home / "postgres", account, link=link)
    if place.cluster.exists():
        raise EmbeddedServersError(
            f"{place.cluster} holds PostgreSQL's data of {places.data_dir}, which was removed. "
            f"To take it up again: ln -s {place.cluster} {link}. To start empty, remove it."
        )
    return place


def _new_cluster_arguments(major: int) -> list[str]:
    locale = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={_utf8_ctype()}"]
    if major >= _BUILTIN_LOCALE_SINCE:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = [f"--username={ROLE}", "--auth-local=trust", "--auth-host=reject"]
    # The folder is only written to the disk as a whole, by --sync-only at the end.
    return [*locale, *access, "--data-checksums", "--no-sync", "--no-instructions"]


def _sync_arguments(major: int) -> list[str]:
    # One call for the file system, in place of one a file: 0.05 s against 2 s on a busy disk.
    return ["--sync-method=syncfs"] if sys.platform == "linux" and major >= _SYNCFS_SINCE else []


def _utf8_ctype() -> str:
    """Full-text search cuts words by this locale, also where the database has a built-in one."""
    before = setlocale(LC_CTYPE)
    try:
        for name in _UTF8_CTYPES:
            try:
                setlocale(LC_CTYPE, name)
            except LocaleError:
                continue
            return name
        return "C"
    finally:
        setlocale(LC_CTYPE, before)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
