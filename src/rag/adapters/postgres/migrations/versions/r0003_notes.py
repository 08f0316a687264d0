"""Keep what a document's file held that its text does not."""

from alembic import op
from sqlalchemy import Column, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """This will give documents their notes; those that are there have none."""
    op.add_column("documents", Column("notes", ARRAY(Text), nullable=False, server_default=text("'{}'")))
