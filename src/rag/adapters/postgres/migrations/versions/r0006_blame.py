"""Let deaths count only against a job that ran alone, and outages be measured from their beginning."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """This will add what a job remembers of its failures; those that are there begin without any."""
    op.execute(
        """
        ALTER TABLE jobs
            ADD COLUMN alone boolean NOT NULL DEFAULT false,
            ADD COLUMN alone_deaths integer NOT NULL DEFAULT 0,
            ADD COLUMN failures integer NOT NULL DEFAULT 0,
            ADD COLUMN failing_since timestamptz
        """
    )
