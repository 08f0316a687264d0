"""A place of its own for every test of the embedded servers."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.adapters.embedded.waiting import wait_until
from tests.adapters.embedded.sites import Site

_DISK = Path("/tmp")  # noqa: S108 - every place in it is a new private folder
_MEMORY = Path("/dev/shm")  # noqa: S108 - the same
_ROOM_BYTES = 1_000_000_000


@pytest.fixture
def site() -> Iterator[Site]:
    """Give a place in memory where there is room: kill -9 takes nothing from any file system."""
    yield from _site(_roomy_folder())


@pytest.fixture(scope="session")
def stopped_site() -> Iterator[Site]:
    """Give a place whose cluster was made and stopped once for all tests."""
    for made in _site(_roomy_folder()):
        made.hold(engine=False).close()
        assert wait_until(made.is_quiet, seconds=15)
        yield made


@pytest.fixture
def used_site(site: Site, stopped_site: Site) -> Site:
    """Give a place in memory with a cluster from an earlier start, which saves making one."""
    site.data_dir.mkdir()
    site.data_dir.chmod(0o711)
    for part in ("postgres", "postgres.lock"):
        subprocess.run(["/bin/cp", "-pR", stopped_site.data_dir / part, site.data_dir / part], check=True)
    return site


@pytest.fixture
def site_on_disk() -> Iterator[Site]:
    """Give a place from which programs may be run: a file system in memory may forbid that."""
    yield from _site(_DISK)


def _roomy_folder() -> Path:
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    return _MEMORY if roomy else _DISK


def _site(folder: Path) -> Iterator[Site]:
    # Not pytest's own folder: that is closed to PostgreSQL's user, and too deep for sockets.
    base = Path(tempfile.mkdtemp(prefix="rag-test-", dir=folder)).resolve()
    base.chmod(0o711)
    made = Site(base)
    yield made
    made.clean()
