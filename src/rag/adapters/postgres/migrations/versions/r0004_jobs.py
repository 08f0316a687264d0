"""Let jobs be watched, cancelled and tried again: sizes, notes, the worker, and bytes of failed files."""

from typing import Final

from alembic import op

revision = "0004"
down_revision = "0003"

_JOBS: Final = (
    "ALTER TABLE jobs ADD COLUMN worker text",
    "ALTER TABLE jobs ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now()",
    "UPDATE jobs SET queued_at = created_at",
    "ALTER TABLE jobs DROP CONSTRAINT jobs_state",
    """
    ALTER TABLE jobs ADD CONSTRAINT jobs_state
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled'))
    """,
    "CREATE INDEX jobs_by_time ON jobs (created_at, id)",
)

_FILES: Final = (
    """
    ALTER TABLE job_files
        ADD COLUMN size_bytes bigint NOT NULL DEFAULT 0,
        ADD COLUMN notes text[] NOT NULL DEFAULT '{}',
        ADD COLUMN error_code text,
        ADD COLUMN ended_at timestamptz
    """,
    "UPDATE job_files SET size_bytes = octet_length(content) WHERE content IS NOT NULL",
    "ALTER TABLE job_files ALTER COLUMN size_bytes DROP DEFAULT",
    "ALTER TABLE job_files DROP CONSTRAINT job_files_outcome, DROP CONSTRAINT job_files_kept",
    """
    ALTER TABLE job_files
        ADD CONSTRAINT job_files_outcome
            CHECK (outcome IN ('added', 'changed', 'unchanged', 'failed', 'cancelled')),
        ADD CONSTRAINT job_files_kept
            CHECK (outcome = 'failed' OR (outcome IS NULL) = (content IS NOT NULL))
    """,
    # Names from archives may be longer than an entry of an ordinary index.
    "CREATE INDEX job_files_by_name ON job_files USING hash (name)",
    "CREATE INDEX job_files_waiting ON job_files (job_id) WHERE outcome IS NULL",
    """
    CREATE INDEX job_files_to_retry ON job_files (job_id) WHERE outcome = 'failed' AND content IS NOT NULL
    """,
)


def upgrade() -> None:
    """This will add what is missing; jobs that are there keep what they have."""
    for statement in (*_JOBS, *_FILES):
        op.execute(statement)
