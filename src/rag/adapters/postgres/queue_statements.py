"""Which statements does a worker send about the jobs, over the connection that its queue uses?"""

from typing import Final

# Whose job it is stands in `jobs`: the last one to claim it. The queue's own row says who looks after it.
# A claim that still stands is that of a worker which died, or fell silent; a death beside other jobs tells
# nothing about this one.
CLAIM: Final = """
    UPDATE jobs SET attempts = jobs.attempts + 1, worker = $2, alone = $3,
        alone_deaths = jobs.alone_deaths + (jobs.alone AND before.worker IS DISTINCT FROM $2
                                            AND before.worker IS NOT NULL)::int
    FROM (SELECT id, worker FROM jobs WHERE id = $1 FOR UPDATE) AS before
    WHERE jobs.id = before.id AND finished_at IS NULL
    RETURNING alone_deaths
"""
BEFORE: Final = "SELECT attempts, worker FROM jobs WHERE id = $1 AND finished_at IS NULL"
WORKERS: Final = "SELECT DISTINCT worker FROM jobs WHERE worker IS NOT NULL AND finished_at IS NULL"
SILENCE: Final = """
    UPDATE pgqueuer SET heartbeat = 'epoch'
    FROM jobs
    WHERE dedupe_key = jobs.id::text AND status = 'picked' AND worker = ANY($1::text[])
        AND finished_at IS NULL
"""
IS_OURS: Final = "SELECT worker IS NOT DISTINCT FROM $2 AS ours FROM jobs WHERE id = $1"
IS_OPEN: Final = "SELECT finished_at IS NULL AS open FROM jobs WHERE id = $1"
# A worker that was put to sleep in the middle of a write holds its locks until its sessions end. Each waits
# for its client: idle in a transaction, or active with half a COPY or half a batch of statements.
END_SESSIONS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'rag ' || $1 AND datname = current_database() AND usename = current_user
        AND xact_start IS NOT NULL AND wait_event_type = 'Client'
        AND state_change < now() - make_interval(secs => $2)
"""
UNCLAIM: Final = """
    UPDATE jobs SET attempts = attempts - 1, worker = NULL WHERE id = $1 AND worker = $2
"""
# $4 says that it was an outage, which uses up no attempt.
NOTE_FAILURE: Final = """
    UPDATE jobs SET failure = $3, worker = NULL, attempts = attempts - $4::boolean::int,
        failures = failures + 1 - $4::boolean::int, failing_since = coalesce(failing_since, now())
    WHERE id = $1 AND worker = $2
    RETURNING failures, extract(epoch FROM now() - failing_since)::float8 AS failing_seconds
"""
# The bytes stay: whoever has seen to the reason can have the files tried again.
GIVE_UP: Final = """
    WITH failed AS (
        UPDATE job_files SET outcome = 'failed', chunks = 0, seconds = 0, error = $2, ended_at = now()
        WHERE job_id = $1 AND outcome IS NULL
    )
    UPDATE jobs SET state = 'failed', failure = $2, finished_at = now()
    WHERE id = $1 AND finished_at IS NULL
"""
STRAYED: Final = """
    SELECT id FROM jobs
    WHERE finished_at IS NULL AND NOT EXISTS (
        SELECT FROM pgqueuer WHERE dedupe_key = jobs.id::text AND status IN ('queued', 'picked')
    )
    ORDER BY created_at LIMIT 1000
"""
PURGE: Final = """
    UPDATE job_files SET content = NULL
    FROM jobs
    WHERE jobs.id = job_id AND outcome = 'failed' AND content IS NOT NULL
        AND finished_at < now() - make_interval(days => $1)
"""
LEFT_FOR_US: Final = """
    SELECT count(*) AS jobs FROM jobs
    WHERE finished_at IS NULL AND NOT EXISTS (
        SELECT FROM pgqueuer
        WHERE dedupe_key = jobs.id::text AND status = 'picked' AND queue_manager_id IS DISTINCT FROM $1
            AND heartbeat > now() - make_interval(secs => $2)
    )
"""
