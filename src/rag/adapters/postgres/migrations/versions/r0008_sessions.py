"""Find the questions of a session without reading the whole query log."""

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"

UNFINISHED = text(
    """
    SELECT count(*) FROM pg_index
    WHERE indexrelid = to_regclass('query_logs_by_session') AND NOT indisvalid
    """
)


def upgrade() -> None:
    """This will build the index while answers go on being written; what a killed build left goes first.

    A session may be longer than an entry of an index, so the index holds its beginning.
    """
    # PostgreSQL builds an index beside its writers only outside of a transaction.
    with op.get_context().autocommit_block():
        if op.get_bind().scalar(UNFINISHED):
            op.execute("DROP INDEX CONCURRENTLY query_logs_by_session")
        op.execute(
            """
            CREATE INDEX CONCURRENTLY IF NOT EXISTS query_logs_by_session
            ON query_logs (left(session, 200) COLLATE "C", created_at)
            """
        )
