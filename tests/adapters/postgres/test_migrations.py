"""Do the migrations lead from nothing to exactly the tables that the program expects?"""

import asyncio
from importlib.resources import files

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pgqueuer import AsyncpgDriver
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresLibrary, connect, migrate
from rag.adapters.postgres.queue import _queries
from rag.adapters.postgres.tables import TABLES


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
        plan = await _queries(AsyncpgDriver(driver)).plan_upgrade()
    assert list(plan.statements) == []


def test_an_installed_package_carries_its_migrations() -> None:
    """The migrations are part of the package, so that a wheel brings them along."""
    folder = files("rag.adapters.postgres") / "migrations"
    assert (folder / "env.py").is_file()
    assert (folder / "versions" / "r0001_first_tables.py").is_file()
