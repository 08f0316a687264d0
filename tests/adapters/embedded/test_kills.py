"""What is left of the servers and of the data after kill -9?"""

import subprocess
from pathlib import Path

from rag.adapters.embedded.accounts import Account
from rag.adapters.embedded.status import Phase
from rag.adapters.embedded.waiting import wait_until
from tests.adapters.embedded.sites import Site, answers, kill, numbers, runs, told, write


def test_kill_of_the_program_that_holds(used_site: Site) -> None:
    """The servers end after their only holder was killed, and the next one finds its commits."""
    program = used_site.program()
    write(told(program)["url"], 1)
    kill(program.pid)
    program.communicate()
    assert wait_until(used_site.is_quiet, seconds=10)
    with used_site.hold(engine=False) as held:
        assert numbers(held.database_url) == [1]


def test_kill_of_postgresql(used_site: Site) -> None:
    """PostgreSQL comes back by itself under the same address, with every acknowledged row."""
    with used_site.hold(engine=False) as held:
        write(held.database_url, 1)
        before = held.pids["postgres"]
        kill(before)
        assert wait_until(lambda: answers(held.database_url), seconds=15)
        assert held.pids["postgres"] != before
        assert numbers(held.database_url) == [1]


def test_kill_of_the_engine(site: Site) -> None:
    """The engine comes back by itself."""
    with site.hold(postgres=False) as held:
        before = held.pids["engine"]
        kill(before)

        def is_back() -> bool:
            server = site.status().server("engine")
            return server.phase is Phase.READY and server.pid != before

        assert wait_until(is_back, seconds=10)


def test_kill_of_the_supervisor_while_held(used_site: Site) -> None:
    """A holder starts another supervisor: the addresses stay, and so does every acknowledged row."""
    with used_site.hold() as held:
        write(held.database_url, 1)
        before = held.pids
        kill(before["supervisor"])

        def is_back() -> bool:
            status = used_site.status()
            ready = [server.phase is Phase.READY for server in status.servers.values()]
            return status.pid != before["supervisor"] and ready == [True, True]

        assert wait_until(is_back, seconds=15)
        assert numbers(held.database_url) == [1]
        assert not runs(before["postgres"])
        with used_site.hold() as another_one:
            assert another_one.engine_url == held.engine_url


def test_kill_of_the_supervisor_and_its_only_holder(used_site: Site) -> None:
    """A PostgreSQL that both left behind is ended by the next start, which has every acknowledged row."""
    program = used_site.program()
    said = told(program)
    write(said["url"], 1)
    kill(program.pid)
    kill(said["pids"]["supervisor"])
    program.communicate()
    assert runs(said["pids"]["postgres"])
    with used_site.hold(engine=False) as held:
        assert not runs(said["pids"]["postgres"])
        assert numbers(held.database_url) == [1]


def test_kill_of_everything_at_once(used_site: Site) -> None:
    """After a power cut, as it were, the next start recovers every acknowledged row."""
    program = used_site.program(engine=True)
    said = told(program)
    write(said["url"], 1)
    for pid in (program.pid, said["pids"]["supervisor"], said["pids"]["postgres"], said["pids"]["engine"]):
        kill(pid)
    program.communicate()
    with used_site.hold(engine=False) as held:
        assert numbers(held.database_url) == [1]


def test_a_stale_pid_file_that_names_a_stranger(used_site: Site) -> None:
    """A pid file whose number belongs to a stranger neither stops the start nor harms the stranger."""
    program = used_site.program()
    said = told(program)
    write(said["url"], 1)
    for pid in (program.pid, said["pids"]["supervisor"], said["pids"]["postgres"]):
        kill(pid)
    program.communicate()
    cluster = used_site.data_dir / "postgres"
    owner = cluster.stat()
    same_user = Account(owner.st_uid, owner.st_gid, "the cluster's owner").identity
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **same_user)
    try:
        for file in (
            cluster / "postmaster.pid",
            used_site.data_dir / "postgres.sockets" / ".s.PGSQL.5432.lock",
        ):
            _name_another_process(file, stranger.pid)
        with used_site.hold(engine=False) as held:
            assert numbers(held.database_url) == [1]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_kill_in_the_middle_of_making_the_cluster(site: Site) -> None:
    """A half-made cluster is never taken for one: the next start makes it anew."""
    program = site.program()
    draft = site.data_dir / "postgres.new"
    assert wait_until((draft / "base").exists, seconds=15)
    for pid in (site.status().pid, program.pid):
        kill(pid)
    program.communicate()
    assert not (site.data_dir / "postgres").exists()
    with site.hold(engine=False) as held:
        write(held.database_url, 1)
        assert numbers(held.database_url) == [1]
    assert not draft.exists()


def _name_another_process(file: Path, pid: int) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    lines[0] = str(pid)
    file.write_text("\n".join(lines), encoding="utf-8")
