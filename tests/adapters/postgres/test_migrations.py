"""Do the migrations lead from nothing to exactly the tables that the program expects?"""

import asyncio
import subprocess
import sys
from importlib.resources import files
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pgqueuer import AsyncpgDriver
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard, PostgresJournal, PostgresLibrary, connect, migrate
from rag.adapters.postgres.migrate import REVISIONS
from rag.adapters.postgres.owned_queue import queue_of
from rag.adapters.postgres.tables import TABLES
from rag.domain.question import Question
from rag.ports.jobs import JobState
from rag.ports.library import NewerDatabaseError
from tests.support.migrations import OLD_ENTRY, migrate_to
from tests.support.postgres import run_sql

# What an older release left: a job with a file that waits, one that was taken in, and one that failed.
OLD_JOBS = (
    "INSERT INTO jobs (id, state, total, started_at) VALUES (gen_random_uuid(), 'running', 3, now())",
    """
    INSERT INTO job_files (job_id, position, name, content, outcome)
    SELECT id, 0, 'a.md', 'four'::bytea, NULL FROM jobs
    UNION ALL SELECT id, 1, 'b.md', NULL, 'added' FROM jobs
    UNION ALL SELECT id, 2, 'c.md', NULL, 'failed' FROM jobs
    """,
)
# What a command does with a database that is up to date, and which slow imports that took.
LOOK = """
import asyncio, sys
from rag.adapters.postgres import migrate
asyncio.run(migrate(sys.argv[1]))
print(sorted({"alembic", "pgqueuer"} & sys.modules.keys()))
"""


async def test_an_empty_database_becomes_usable(empty_database_url: str) -> None:
    """One call makes every table; another one changes nothing."""
    await migrate(empty_database_url)
    await migrate(empty_database_url)
    pool = connect(empty_database_url, pool_size=1, max_overflow=0)
    assert (await PostgresLibrary(pool).counts()).documents == 0
    await pool.dispose()


async def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    """Callers at the same moment wait for each other, and each finds the work done."""
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    pool = connect(empty_database_url, pool_size=1, max_overflow=0)
    async with pool.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    await pool.dispose()


async def test_the_tables_are_those_that_the_program_names(pool: AsyncEngine) -> None:
    """What the migrations made and what the statements are built from do not differ."""
    async with pool.connect() as connection:
        assert await connection.run_sync(_differences) == []


def _differences(connection: Connection) -> list[object]:
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, _parents: kind != "table" or name in TABLES.tables,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), TABLES))


async def test_the_queue_is_as_the_installed_pgqueuer_wants_it(pool: AsyncEngine) -> None:
    """A newer pgqueuer that expects other tables is noticed here, and needs a migration."""
    async with pool.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        plan = await queue_of(AsyncpgDriver(driver)).plan_upgrade()
    assert list(plan.statements) == []


def test_an_installed_package_carries_its_migrations() -> None:
    """The migrations are part of the package, so that a wheel brings them along."""
    folder = files("rag.adapters.postgres") / "migrations"
    assert (folder / "env.py").is_file()
    assert (folder / "versions" / "r0001_first_tables.py").is_file()


def test_the_program_knows_its_own_migrations() -> None:
    """The revisions named in the program are those of the scripts, in their order."""
    folder = files("rag.adapters.postgres") / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(REVISIONS)
    assert scripts.get_heads() == [REVISIONS[-1]]


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
async def test_a_half_migrated_database_is_completed(
    empty_database_url: str, database_url: str, revision: str
) -> None:
    """A database of an older release is brought to the newest tables, and keeps its jobs."""
    await migrate_to(empty_database_url, revision)
    await run_sql(empty_database_url, *OLD_JOBS)
    await migrate(empty_database_url)
    counted = text("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'")
    assert await _scalar(empty_database_url, counted) == await _scalar(database_url, counted)
    pool = connect(empty_database_url, pool_size=1, max_overflow=0)
    (job,) = await PostgresJobBoard(pool).jobs()
    await pool.dispose()
    assert (job.state, job.total, job.done, job.progress.failed) == (JobState.RUNNING, 3, 2, 1)
    assert (job.progress.bytes_total, job.progress.bytes_done) == (
        4,
        0,
    )  # nobody knew the sizes of the others


async def test_an_entry_of_an_older_release_is_read(empty_database_url: str) -> None:
    """What it does not say of the question is what that release did; of the ranking, nothing is made up."""
    await migrate_to(empty_database_url, "0006")
    await run_sql(empty_database_url, OLD_ENTRY)
    await migrate(empty_database_url)
    pool = connect(empty_database_url, pool_size=1, max_overflow=0)
    record = await PostgresJournal(pool).query(UUID(int=1))
    await pool.dispose()
    assert record.question == Question("How?", session="s")
    assert (record.read_as, record.reranked, record.ranking) == (None, False, None)


async def test_a_newer_database_is_refused_and_left_alone(database_url: str) -> None:
    """A program that is older than the database says so, and what to do."""
    await run_sql(database_url, "UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(NewerDatabaseError, match=r"newer version of this program.*0099") as caught:
        await migrate(database_url)
    assert caught.value.advice.startswith("Upgrade this program")
    assert await _scalar(database_url, text("SELECT version_num FROM alembic_version")) == "0099"


async def _scalar(url: str, statement: TextClause) -> object:
    pool = connect(url, pool_size=1, max_overflow=0)
    async with pool.connect() as connection:
        found: object = await connection.scalar(statement)
    await pool.dispose()
    return found


def test_an_up_to_date_database_costs_no_slow_import(database_url: str) -> None:
    """A command that neither migrates nor touches the queue loads neither Alembic nor pgqueuer."""
    looked = subprocess.run(
        [sys.executable, "-c", LOOK, database_url], check=True, capture_output=True, text=True, timeout=60
    )
    assert looked.stdout == "[]\n"
