"""Which statements change what is kept of a job and its files?"""

from typing import Final

from sqlalchemy import text

RECORD: Final = text(
    """
    UPDATE job_files
    SET outcome = :outcome, document_id = :document_id, chunks = :chunks, seconds = :seconds, error = :error,
        error_code = :error_code, notes = :notes, ended_at = now(),
        content = CASE WHEN :outcome = 'failed' THEN content END
    WHERE job_id = :id AND name = :name AND (outcome IS NULL OR outcome = 'cancelled')
    """
)
FINISH: Final = text(
    """
    UPDATE jobs
    SET finished_at = now(),
        state = CASE
            WHEN EXISTS (SELECT FROM job_files WHERE job_id = :id AND outcome = 'cancelled') THEN 'cancelled'
            WHEN total > 0 AND NOT EXISTS (
                SELECT FROM job_files WHERE job_id = :id AND outcome <> 'failed'
            ) THEN 'failed'
            ELSE 'succeeded'
        END
    WHERE id = :id AND finished_at IS NULL
        AND NOT EXISTS (SELECT FROM job_files WHERE job_id = :id AND outcome IS NULL)
    """
)
CANCEL_FILES: Final = text(
    """
    UPDATE job_files SET outcome = 'cancelled', content = NULL, chunks = 0, seconds = 0, ended_at = now()
    WHERE job_id = :id AND outcome IS NULL
    """
)
CANCEL_JOB: Final = text("UPDATE jobs SET state = 'cancelled', finished_at = now() WHERE id = :id")
RETRY_FILES: Final = text(
    """
    UPDATE job_files
    SET outcome = NULL, chunks = NULL, seconds = NULL, error = NULL, error_code = NULL, notes = '{}',
        ended_at = NULL
    WHERE job_id = :id AND outcome = 'failed' AND content IS NOT NULL
    """
)
RETRY_JOB: Final = text(
    """
    UPDATE jobs
    SET state = 'queued', attempts = 0, failure = NULL, worker = NULL, queued_at = now(), started_at = NULL,
        finished_at = NULL
    WHERE id = :id
    """
)
