"""Keep with every answer how its question was asked and its passages were ranked."""

from alembic import op

revision = "0007"
down_revision = "0006"

FIRST_RANKING = (
    '{"fusion": "weighted", "dense_weight": 0.6, "reranker": "none", "rerank_weight": 0.5, "floor": 0.45}'
)


def upgrade() -> None:
    """This will add what a question can be asked with; those that are there were ranked as 0.1.0 ranked.

    A session may be longer than an entry of an index, so the index holds its beginning.
    """
    op.execute(
        f"""
        ALTER TABLE query_logs
            ADD COLUMN asked jsonb NOT NULL DEFAULT '{{}}',
            ADD COLUMN read_as text,
            ADD COLUMN ranking jsonb NOT NULL DEFAULT '{FIRST_RANKING}',
            ADD COLUMN reranked boolean NOT NULL DEFAULT false,
            ADD COLUMN confidence double precision
        """
    )
    op.execute(
        """
        CREATE INDEX query_logs_by_session ON query_logs (left(session, 200) COLLATE "C", created_at)
        """
    )
