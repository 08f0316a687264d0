"""Keep with every answer how its question was asked and its passages were ranked."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Every answer waits behind this change while it waits for its lock, so it gives up, and the next start tries.
LOCK_TIMEOUT = "3s"


def upgrade() -> None:
    """This will add what a question can be asked with; how those that are there were ranked, nobody wrote."""
    op.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    op.execute(
        """
        ALTER TABLE query_logs
            ADD COLUMN asked jsonb NOT NULL DEFAULT '{}',
            ADD COLUMN read_as text,
            ADD COLUMN ranking jsonb,
            ADD COLUMN reranked boolean NOT NULL DEFAULT false,
            ADD COLUMN confidence double precision
        """
    )
