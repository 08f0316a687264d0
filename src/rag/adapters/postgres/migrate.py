"""How does a database get the tables that this program expects?"""

import asyncio
from importlib.resources import as_file, files
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres.connection import connect_unhurried
from rag.adapters.postgres.failures import library_failures
from rag.ports.library import NewerDatabaseError

# In order; a test keeps them in agreement with the scripts.
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")

_LOCK: Final = 0x7261675F6462  # any number that nobody else locks in this database
_LOCK_PAUSE_SECONDS: Final = 0.1


async def migrate(database_url: str) -> None:
    """This will bring the database's tables up to date; one that is up to date is only looked at.

    It is done under a lock, so that two processes that start at once do it once. Each step is a transaction
    of its own, or can be begun again: what a process that was killed has left, the next one completes.

    Raises:
        NewerDatabaseError: a newer version of this program changed the tables.
        LibraryUnavailableError: PostgreSQL cannot be reached, or refused a step.
    """
    with library_failures():
        engine = connect_unhurried(database_url)
        try:
            async with engine.connect() as connection:
                if await _is_up_to_date(connection):
                    return
                await _lock(connection)
                # Asked again under the lock: whoever held it before us has done the work.
                if not await _is_up_to_date(connection):
                    await connection.rollback()  # the steps have transactions of their own
                    await connection.run_sync(_upgrade)
        finally:
            await engine.dispose()


async def _lock(connection: AsyncConnection) -> None:
    """Wait for the lock, which is ours until the connection is closed.

    It is asked for again and again, because PostgreSQL builds an index beside its writers only when older
    statements have ended, and a statement that waits for the builder's lock never would.
    """
    while True:
        taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK})
        await connection.rollback()  # the lock outlives the transaction
        if taken:
            return
        await asyncio.sleep(_LOCK_PAUSE_SECONDS)


async def _is_up_to_date(connection: AsyncConnection) -> bool:
    if not await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        return False
    revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in REVISIONS:
        raise NewerDatabaseError(
            "The database was made by a newer version of this program: "
            f"its tables are of revision {revision}, and {REVISIONS[-1]} is the last one known here."
        )
    return bool(revision == REVISIONS[-1])


def _upgrade(connection: Connection) -> None:
    # Nearly every command finds its tables up to date, and importing Alembic costs 0.2 seconds.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    with as_file(files("rag.adapters.postgres") / "migrations") as folder:
        config = Config(attributes={"connection": connection})
        # A percent sign would be read as the start of a reference to another option.
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "head")
