"""Which tables and columns are there? The migrations make them; a test keeps both in agreement."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

TABLES: Final = MetaData()

_TIME: Final = DateTime(timezone=True)
_NOW: Final = func.now()

# A session may be longer than an entry of an index, so the index holds its beginning.
SESSION_CHARACTERS: Final = 200


documents: Final = Table(
    "documents",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("file_path", Text),
    Column("content_hash", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("title", Text),
    Column("text", Text, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("language", Text),
    Column("pages", JSONB, nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("headings", JSONB, nullable=False),
    Column("unbroken", JSONB, nullable=False),
    Column("dated", _TIME),
    Column("metadata", JSONB, nullable=False),
    Column("notes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    CheckConstraint("size_bytes >= 0", name="documents_size"),
    # In the collation C, which the database does not tell when it is asked how an index looks.
    Index("documents_by_place", text("left(file_path, 512)"), "id"),
)

document_generations: Final = Table(
    "document_generations",
    TABLES,
    Column(
        "document_id",
        Uuid,
        ForeignKey("documents.id", name="document_generations_document", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("generation", Text, primary_key=True),
    Column("content_hash", Text, nullable=False),
    Column("chunks", Integer, nullable=False),
)

chunks: Final = Table(
    "chunks",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column(
        "document_id",
        Uuid,
        ForeignKey("documents.id", name="chunks_document", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("generation", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("span_start", Integer, nullable=False),
    Column("span_end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("page", Integer),
    Column("section", Text),
    Column("token_count", Integer, nullable=False),
    # embedded_text is the lead, followed by the text where `embeds_text`: kept once, a row is 40 % smaller.
    Column("embedded_lead", Text, nullable=False),
    Column("embeds_text", Boolean, nullable=False),
    Column("embedding_hash", Text, nullable=False),
    CheckConstraint("ordinal >= 0", name="chunks_ordinal"),
    CheckConstraint("token_count >= 0", name="chunks_token_count"),
    CheckConstraint("0 <= span_start AND span_start <= span_end", name="chunks_span"),
    UniqueConstraint("document_id", "generation", "ordinal", name="chunks_place"),
    Index("chunks_by_embedding", "embedding_hash", postgresql_using="hash"),
)

embeddings: Final = Table(
    "embeddings",
    TABLES,
    Column("content_hash", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    CheckConstraint("octet_length(vector) % 4 = 0", name="embeddings_vector"),
)

generations: Final = Table(
    "generations",
    TABLES,
    Column("name", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("recipe", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    CheckConstraint("state IN ('building', 'live', 'previous', 'retired')", name="generations_state"),
    UniqueConstraint("number", name="generations_number"),
    Index("generations_one_live", "state", unique=True, postgresql_where=text("state = 'live'")),
)

index_removals: Final = Table(
    "index_removals",
    TABLES,
    Column("chunk_id", Uuid, primary_key=True),
    Column("generation", Text, nullable=False),
    Column("requested_at", _TIME, nullable=False, server_default=_NOW),
)

query_logs: Final = Table(
    "query_logs",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("session", Text),
    Column("query_text", Text, nullable=False),
    # What was asked for beside the text: rows of older releases have the defaults of 0.1.0.
    Column("asked", JSONB, nullable=False, server_default=text("'{}'")),
    Column("read_as", Text),
    Column("answer", Text, nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
    Column("citations", JSONB, nullable=False),
    Column("degraded", ARRAY(Text), nullable=False),
    Column("writer", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("generation", Text),
    # Empty where an older release, which did not write it down, ranked the passages.
    Column("ranking", JSONB(none_as_null=True)),
    Column("reranked", Boolean, nullable=False, server_default=text("false")),
    Column("retrieval_score", Double),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("confidence", Double),
    Column("timings_ms", JSONB, nullable=False),
    Column("latency_ms", Double, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index("query_logs_by_time", "created_at"),
    # In the collation C, which the database does not tell when it is asked how an index looks.
    Index("query_logs_by_session", text(f"left(session, {SESSION_CHARACTERS})"), "created_at"),
)

feedback: Final = Table(
    "feedback",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column(
        "query_log_id",
        Uuid,
        ForeignKey("query_logs.id", name="feedback_query_log", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("rating", SmallInteger, nullable=False),
    Column("comment", Text),
    Column("verdicts", JSONB, nullable=False),
    Column("rated_at", _TIME, nullable=False),
    CheckConstraint("rating BETWEEN 1 AND 5", name="feedback_rating"),
    Index("feedback_by_query_log", "query_log_id"),
    Index("feedback_by_rating", "rating"),
)

jobs: Final = Table(
    "jobs",
    TABLES,
    Column("id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("failure", Text),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("started_at", _TIME),
    Column("finished_at", _TIME),
    Column("worker", Text),
    Column("queued_at", _TIME, nullable=False, server_default=_NOW),
    # Whether its last attempt has its worker to itself, and how many workers died of such attempts in a row.
    Column("alone", Boolean, nullable=False, server_default=text("false")),
    Column("alone_deaths", Integer, nullable=False, server_default=text("0")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", _TIME),
    CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="jobs_state"),
    Index("jobs_open", "created_at", postgresql_where=text("finished_at IS NULL")),
    Index("jobs_by_time", "created_at", "id"),
)

job_files: Final = Table(
    "job_files",
    TABLES,
    Column("job_id", Uuid, ForeignKey("jobs.id", name="job_files_job", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary),
    Column("outcome", Text),
    Column("document_id", Uuid),
    Column("chunks", Integer),
    Column("seconds", Double),
    Column("error", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("notes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("error_code", Text),
    Column("ended_at", _TIME),
    CheckConstraint(
        "outcome IN ('added', 'changed', 'unchanged', 'failed', 'cancelled')", name="job_files_outcome"
    ),
    CheckConstraint("outcome = 'failed' OR (outcome IS NULL) = (content IS NOT NULL)", name="job_files_kept"),
    Index("job_files_by_name", "name", postgresql_using="hash"),
    Index("job_files_waiting", "job_id", postgresql_where=text("outcome IS NULL")),
    Index(
        "job_files_to_retry",
        "job_id",
        postgresql_where=text("outcome = 'failed' AND content IS NOT NULL"),
    ),
)
