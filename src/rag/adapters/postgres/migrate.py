"""How does a database get the tables that this program expects?"""

from importlib.resources import as_file, files
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from rag.adapters.postgres.connection import connect_unhurried
from rag.adapters.postgres.failures import library_failures

_LOCK: Final = 0x7261675F6462  # any number that nobody else locks in this database


async def migrate(database_url: str) -> None:
    """This will bring the database's tables up to date; one that is up to date is left as it is.

    All of it is one transaction under a lock, so that two processes that start at once do it once, and a
    process killed in the middle leaves what was there.

    Raises:
        LibraryUnavailableError: PostgreSQL cannot be reached, or refused a step.
    """
    with library_failures():
        engine = connect_unhurried(database_url)
        try:
            async with engine.begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                await connection.run_sync(_upgrade)
        finally:
            await engine.dispose()


def _upgrade(connection: Connection) -> None:
    with as_file(files("rag.adapters.postgres") / "migrations") as folder:
        config = Config(attributes={"connection": connection})
        # A percent sign would be read as the start of a reference to another option.
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "head")
