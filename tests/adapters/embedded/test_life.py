"""Do the servers start, serve everyone on a data directory, and end with the last of them?"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rag.adapters.embedded import EmbeddedServersError
from rag.adapters.embedded.waiting import wait_until
from tests.adapters.embedded.sites import TINY_ENGINE, Site, answers, ask, numbers, told, write

DEBIANS_15 = "/usr/lib/postgresql/15/bin"


def test_data_survives_a_restart(site_on_disk: Site) -> None:
    """What was committed is there after the servers were stopped and started again."""
    with site_on_disk.hold(engine=False) as held:
        write(held.database_url, 7)
    assert wait_until(site_on_disk.is_quiet, seconds=10)
    with site_on_disk.hold(engine=False) as held:
        assert numbers(held.database_url) == [7]


@pytest.mark.parametrize("programs", [None, DEBIANS_15])
def test_a_new_cluster_is_durable_utf8_and_closed_to_the_network(site: Site, programs: str | None) -> None:
    """A new cluster keeps commits, knows letters beyond ASCII, checks its pages, and is on no network."""
    options = replace(site.options, postgres_bin=programs)
    try:
        held = site.hold(engine=False, options=options)
    except EmbeddedServersError as error:
        pytest.skip(f"PostgreSQL 15 is not installed: {error}") if programs else pytest.fail(str(error))
    with held:
        url = held.database_url
        assert ask(url, "SELECT current_user || '/' || current_database()") == ["rag/rag"]
        settings = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
        assert [ask(url, f"SHOW {name}")[0] for name in settings] == ["on"] * 4
        assert ask(url, "SHOW listen_addresses") == [""]
        assert ask(url, "SHOW timezone") == ["UTC"]
        assert ask(url, "SHOW server_encoding") == ["UTF8"]
        assert ask(url, "SELECT lower('ÄÉ')") == ["äé"]
        assert ask(url, "SELECT to_tsvector('simple', 'Ärzte… Haus')::text") == ["'haus':2 'ärzte':1"]
        folder = site.data_dir / "postgres.sockets"
        assert folder.stat().st_mode & 0o777 == 0o700


def test_one_server_alone(used_site: Site) -> None:
    """Who needs the engine only starts no PostgreSQL, and who comes for both later shares one supervisor."""
    with used_site.hold(postgres=False) as first:
        assert first.database_url is None
        assert set(first.pids) == {"supervisor", "engine"}
        with used_site.hold() as second:
            assert answers(second.database_url)
            assert second.pids["engine"] == first.pids["engine"]
            assert second.pids["supervisor"] == first.pids["supervisor"]
        assert wait_until(lambda: "postgres" not in first.pids, seconds=10)
        assert "engine" in first.pids


def test_no_server_asked_for(site: Site) -> None:
    """Who needs no server starts nothing and makes nothing."""
    with site.hold(postgres=False, engine=False) as held:
        assert (held.database_url, held.engine_url, held.pids) == (None, None, {})
    assert not site.data_dir.exists()


def test_two_programs_at_the_same_moment_share_one_server(site: Site) -> None:
    """Two programs that start together on a new data directory get the same processes."""
    programs = [site.program(engine=True), site.program(engine=True)]
    first, second = (told(program) for program in programs)
    assert first == second
    assert set(first["pids"]) == {"supervisor", "postgres", "engine"}


def test_the_last_holder_ends_everything(used_site: Site) -> None:
    """The servers stay while one holder is left, and no process stays after the last."""
    first, second = used_site.hold(), used_site.hold()
    url, pids = first.database_url, first.pids
    first.close()
    first.close()
    assert not wait_until(lambda: second.pids != pids, seconds=0.8)
    assert answers(url)
    second.close()
    assert wait_until(used_site.is_quiet, seconds=10)
    assert not (used_site.data_dir / "postgres" / "postmaster.pid").exists()


def test_a_holder_within_the_grace_keeps_the_servers(used_site: Site) -> None:
    """A command right after another one finds the servers still running."""
    with used_site.hold() as held:
        pids = held.pids
    with used_site.hold() as held:
        assert held.pids == pids


def test_a_path_too_long_for_sockets(site: Site) -> None:
    """A data directory whose path no socket could have gets its sockets in a short private folder."""
    deep = Site(site.base / ("long " * 20) / "a,b")
    with deep.hold() as held:
        write(held.database_url, 1)
        assert numbers(held.database_url) == [1]
        assert held.engine_url is not None
        assert held.database_url is not None
        assert len(held.engine_url) < 100
        folders = {
            Path(held.engine_url.removeprefix("unix:")).parent,
            Path(held.database_url.split("host=")[1]),
        }
    assert wait_until(deep.is_quiet, seconds=10)
    for folder in folders:
        assert folder.stat().st_mode & 0o777 == 0o700
        shutil.rmtree(folder)


def test_the_engine_that_cannot_start_is_named(site: Site) -> None:
    """A server that ends at once is named with its last words and its log; put right, it starts at once."""
    check = f"test -e {site.base}/room || {{ echo no room left; exit 1; }}"
    command = f"{check}; exec {sys.executable} {TINY_ENGINE} $*"
    broken = replace(site.options, engine_command=("/bin/sh", "-c", command, "sh"))
    with pytest.raises(EmbeddedServersError) as caught:
        site.hold(postgres=False, options=broken)
    assert "engine" in str(caught.value)
    assert "no room left" in str(caught.value)
    assert str(site.data_dir / "logs" / "engine.log") in str(caught.value)
    (site.base / "room").touch()
    with site.hold(postgres=False, options=broken) as held:
        assert "engine" in held.pids


def test_a_server_that_never_gets_ready_is_named(site: Site) -> None:
    """After the time-out the error says which server is late, and where its log is."""
    late = replace(site.options, engine_command=(sys.executable, "-c", "import time; time.sleep(60)"))
    with pytest.raises(EmbeddedServersError, match=r"engine was not ready in time.*engine\.log"):
        site.hold(postgres=False, options=late, timeout_seconds=1)
