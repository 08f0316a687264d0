"""Make the first tables: documents with their chunks and vectors, generations, the query log, and jobs."""

from typing import Final

from alembic import op

revision = "0001"
down_revision = None

# EXTERNAL keeps PostgreSQL from trying to compress vectors: float noise does not compress.
_LIBRARY: Final = (
    """
    CREATE TABLE documents (
        id uuid PRIMARY KEY,
        source text NOT NULL,
        file_path text,
        content_hash text NOT NULL,
        size_bytes bigint NOT NULL CONSTRAINT documents_size CHECK (size_bytes >= 0),
        title text,
        text text NOT NULL,
        characters integer NOT NULL,
        media_type text NOT NULL,
        language text,
        pages jsonb NOT NULL,
        page_count integer NOT NULL,
        headings jsonb NOT NULL,
        unbroken jsonb NOT NULL,
        dated timestamptz,
        metadata jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE document_generations (
        document_id uuid NOT NULL
            CONSTRAINT document_generations_document REFERENCES documents ON DELETE CASCADE,
        generation text NOT NULL,
        content_hash text NOT NULL,
        chunks integer NOT NULL,
        PRIMARY KEY (document_id, generation)
    )
    """,
    """
    CREATE TABLE chunks (
        id uuid PRIMARY KEY,
        document_id uuid NOT NULL CONSTRAINT chunks_document REFERENCES documents ON DELETE CASCADE,
        generation text NOT NULL,
        ordinal integer NOT NULL CONSTRAINT chunks_ordinal CHECK (ordinal >= 0),
        span_start integer NOT NULL,
        span_end integer NOT NULL,
        text text NOT NULL,
        page integer,
        section text,
        token_count integer NOT NULL CONSTRAINT chunks_token_count CHECK (token_count >= 0),
        embedded_lead text NOT NULL,
        embeds_text boolean NOT NULL,
        embedding_hash text NOT NULL,
        CONSTRAINT chunks_span CHECK (0 <= span_start AND span_start <= span_end),
        CONSTRAINT chunks_place UNIQUE (document_id, generation, ordinal)
    )
    """,
    "CREATE INDEX chunks_by_embedding ON chunks USING hash (embedding_hash)",
    """
    CREATE TABLE embeddings (
        content_hash text NOT NULL,
        model text NOT NULL,
        vector bytea NOT NULL CONSTRAINT embeddings_vector CHECK (octet_length(vector) % 4 = 0),
        PRIMARY KEY (content_hash, model)
    )
    """,
    "ALTER TABLE embeddings ALTER COLUMN vector SET STORAGE EXTERNAL",
    """
    CREATE TABLE generations (
        name text PRIMARY KEY,
        number integer NOT NULL CONSTRAINT generations_number UNIQUE,
        recipe jsonb NOT NULL,
        state text NOT NULL
            CONSTRAINT generations_state CHECK (state IN ('building', 'live', 'previous', 'retired')),
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE UNIQUE INDEX generations_one_live ON generations (state) WHERE state = 'live'",
    """
    CREATE TABLE index_removals (
        chunk_id uuid PRIMARY KEY,
        generation text NOT NULL,
        requested_at timestamptz NOT NULL DEFAULT now()
    )
    """,
)

# feedback has no created_at, sources or query_text of its own: the runbook joins it to query_logs
# and names those columns without a table.
_JOURNAL: Final = (
    """
    CREATE TABLE query_logs (
        id uuid PRIMARY KEY,
        request_id text NOT NULL,
        session text,
        query_text text NOT NULL,
        answer text NOT NULL,
        abstained boolean NOT NULL,
        sources text[] NOT NULL,
        citations jsonb NOT NULL,
        degraded text[] NOT NULL,
        writer text NOT NULL,
        model text NOT NULL,
        generation text,
        retrieval_score double precision,
        prompt_tokens bigint NOT NULL,
        completion_tokens bigint NOT NULL,
        timings_ms jsonb NOT NULL,
        latency_ms double precision NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX query_logs_by_time ON query_logs (created_at)",
    """
    CREATE TABLE feedback (
        id uuid PRIMARY KEY,
        query_log_id uuid NOT NULL
            CONSTRAINT feedback_query_log REFERENCES query_logs ON DELETE CASCADE,
        rating smallint NOT NULL CONSTRAINT feedback_rating CHECK (rating BETWEEN 1 AND 5),
        comment text,
        verdicts jsonb NOT NULL,
        rated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX feedback_by_query_log ON feedback (query_log_id)",
    "CREATE INDEX feedback_by_rating ON feedback (rating)",
)

_JOBS: Final = (
    """
    CREATE TABLE jobs (
        id uuid PRIMARY KEY,
        state text NOT NULL
            CONSTRAINT jobs_state CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
        total integer NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        failure text,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz
    )
    """,
    "CREATE INDEX jobs_open ON jobs (created_at) WHERE finished_at IS NULL",
    """
    CREATE TABLE job_files (
        job_id uuid NOT NULL CONSTRAINT job_files_job REFERENCES jobs ON DELETE CASCADE,
        position integer NOT NULL,
        name text NOT NULL,
        content bytea,
        outcome text
            CONSTRAINT job_files_outcome CHECK (outcome IN ('added', 'changed', 'unchanged', 'failed')),
        document_id uuid,
        chunks integer,
        seconds double precision,
        error text,
        PRIMARY KEY (job_id, position),
        CONSTRAINT job_files_kept CHECK ((outcome IS NULL) = (content IS NOT NULL))
    )
    """,
    # Uploads are mostly packed already, and each is read once.
    "ALTER TABLE job_files ALTER COLUMN content SET STORAGE EXTERNAL",
)


def upgrade() -> None:
    """This will make every table that does not belong to the queue."""
    for statement in (*_LIBRARY, *_JOURNAL, *_JOBS):
        op.execute(statement)
