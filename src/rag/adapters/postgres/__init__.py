"""Keep the library, the journal and the jobs in PostgreSQL."""

from rag.adapters.postgres.connection import connect
from rag.adapters.postgres.jobs import PostgresJobBoard
from rag.adapters.postgres.journal import PostgresJournal
from rag.adapters.postgres.library import PostgresLibrary
from rag.adapters.postgres.migrate import migrate
from rag.adapters.postgres.queue import JobConsumer, Patience

__all__ = [
    "JobConsumer",
    "Patience",
    "PostgresJobBoard",
    "PostgresJournal",
    "PostgresLibrary",
    "connect",
    "migrate",
]
