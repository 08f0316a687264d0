"""Let documents be found by the folder or archive that they came from."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """This will index where documents came from; a path may be longer than an entry of an index."""
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS documents_by_place ON documents (left(file_path, 512) COLLATE "C", id)
        """
    )
