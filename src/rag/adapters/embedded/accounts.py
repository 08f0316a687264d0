"""As which user does PostgreSQL run, and what may that user reach?"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from rag.adapters.embedded.errors import EmbeddedServersError

_ORDINARY_USERS: Final = ("postgres", "nobody")
_PASSED_ON: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that start a child as somebody else."""

    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user that PostgreSQL's programs run as."""

    uid: int
    gid: int
    name: str

    @property
    def identity(self) -> Identity:
        """What `subprocess` needs to start a child as this user; nothing when that is ourselves."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    @property
    def environment(self) -> dict[str, str]:
        """The little that PostgreSQL's programs need; our own settings and keys stay with us."""
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**kept, "LC_ALL": "C", "TZ": "UTC"}

    def run(self, command: Sequence[str | Path], *, typed: str = "") -> str:
        """This will run a short command to its end, give it `typed` to read, and return what it printed.

        Raises:
            EmbeddedServersError: it could not be started, or failed; the message ends with its last words.
        """
        try:
            ended = subprocess.run(
                command,
                input=typed,
                capture_output=True,
                text=True,
                errors="replace",
                cwd="/",
                env=self.environment,
                check=False,
                **self.identity,
            )
        except OSError as error:
            raise EmbeddedServersError(
                f"{command[0]} cannot be run as user {self.name}: {error.strerror}."
            ) from error
        if ended.returncode != 0:
            words = " ".join((ended.stderr or ended.stdout).split())[-600:]
            raise EmbeddedServersError(
                f"{command[0]} failed as user {self.name} with code {ended.returncode}: {words}"
            )
        return ended.stdout

    def can_enter(self, folder: Path) -> bool:
        """Whether this user gets through to `folder`: the kernel is asked, so that ACLs count too."""
        try:
            self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", folder])
        except EmbeddedServersError:
            return False
        return True

    def give(self, path: Path) -> None:
        """This will make `path` belong to this user, where it does not yet."""
        if path.lstat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def ourselves() -> Account:
    """This will give the user that we run as."""
    return Account(uid=os.geteuid(), gid=os.getegid(), name=str(os.geteuid()))


def account_for(cluster: Path) -> Account:
    """This will choose the user that runs PostgreSQL on `cluster`.

    An ordinary user runs it as itself. PostgreSQL refuses to run as root: root runs it as the cluster's
    owner, and makes a new cluster as `postgres` or `nobody`.

    Raises:
        EmbeddedServersError: the cluster belongs to somebody else, or root finds no other user.
    """
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise EmbeddedServersError(
                f"PostgreSQL's data in {cluster} belongs to user id {owner.st_uid}, and we run as "
                f"{os.geteuid()}. Run as that user, or as root."
            )
        return ourselves()
    if owner is not None and owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid, name=str(owner.st_uid))
    return _ordinary_account()


def _ordinary_account() -> Account:
    for name in _ORDINARY_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name)
    raise EmbeddedServersError(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody. "
        "Run as an ordinary user, or name a server with DATABASE_URL."
    )
