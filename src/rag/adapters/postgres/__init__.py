"""Keep the library, the journal, the jobs and the leases in PostgreSQL."""

from rag.adapters.postgres.connection import connect, connect_for_leases
from rag.adapters.postgres.jobs import PostgresJobBoard, consume_jobs
from rag.adapters.postgres.journal import PostgresJournal
from rag.adapters.postgres.leases import PostgresLeases
from rag.adapters.postgres.library import PostgresLibrary
from rag.adapters.postgres.migrate import migrate
from rag.adapters.postgres.processes import signed

__all__ = [
    "PostgresJobBoard",
    "PostgresJournal",
    "PostgresLeases",
    "PostgresLibrary",
    "connect",
    "connect_for_leases",
    "consume_jobs",
    "migrate",
    "signed",
]
