"""How does a test get the database of an older release?"""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from rag.adapters.postgres import connect

# An entry of the query log as a release before revision 0007 wrote it.
OLD_ENTRY: Final = """
    INSERT INTO query_logs (
        id, request_id, session, query_text, answer, abstained, sources, citations, degraded, writer, model,
        prompt_tokens, completion_tokens, timings_ms, latency_ms, created_at
    )
    VALUES (
        '00000000-0000-0000-0000-000000000001', 'r', 's', 'How?', 'So.', false, '{}', '[]', '{}', 'w', 'm',
        0, 0, '{}', 1, now()
    )
"""


async def migrate_to(url: str, revision: str) -> None:
    """Bring a database to `revision`, one that leaves no step outside of its transaction."""
    engine = connect(url, pool_size=1, max_overflow=0)
    with as_file(files("rag.adapters.postgres") / "migrations") as folder:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_to, folder, revision)
    await engine.dispose()


def _upgrade_to(connection: Connection, folder: Path, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, revision)
