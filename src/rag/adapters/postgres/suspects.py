"""Which file of a job may it be that takes worker after worker down?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import text

from rag.domain.names import described_by
from rag.ports.jobs import WaitingFile

if TYPE_CHECKING:  # a type alone: pgqueuer takes 0.15 s to import
    from pgqueuer.ports.driver import Driver

ALONE_FROM_ATTEMPT: Final = 3
# Only deaths and failures without a file done in between count against a job.
FORGIVE: Final = text(
    """
    UPDATE jobs SET attempts = 1, alone = false, alone_deaths = 0, failures = 0, failing_since = NULL
    WHERE id = :id AND (attempts > 1 OR failing_since IS NOT NULL)
    """
)

_OPEN_FILES: Final = "SELECT name FROM job_files WHERE job_id = $1 AND outcome IS NULL ORDER BY position"
# The bytes stay: whoever has seen to the reason can have the file tried again.
_BLAME: Final = """
    UPDATE job_files SET outcome = 'failed', chunks = 0, seconds = 0, error = $3, ended_at = now()
    WHERE job_id = $1 AND name = $2 AND outcome IS NULL
"""
_BEGIN_ANEW: Final = "UPDATE jobs SET attempts = 1, alone = false, alone_deaths = 0 WHERE id = $1"


def tried_alone(waiting: Sequence[WaitingFile]) -> Sequence[WaitingFile]:
    """This will give the first file with its sidecars, so that a death while it is read tells on it.

    >>> files = [WaitingFile("a.md.meta.json", 1), WaitingFile("a.md", 1), WaitingFile("b.md", 1)]
    >>> [file.name for file in tried_alone(files)]
    ['a.md.meta.json', 'a.md']
    """
    first = next((file.name for file in waiting if described_by(file.name) is None), None)
    if first is None:
        return waiting
    return [file for file in waiting if first in {file.name, described_by(file.name)}]


async def blame_first_file(driver: "Driver", job_id: UUID, *, deaths: int) -> None:
    """This will fail the file that was tried alone when workers died, and count the job's attempts anew."""
    rows = await driver.fetch(_OPEN_FILES, job_id)
    suspects = tried_alone([WaitingFile(str(row["name"]), 0) for row in rows])
    reason = f"We gave up on this file: {deaths} workers ended while it was being read."
    for suspect in suspects:
        await driver.execute(_BLAME, job_id, suspect.name, reason)
    await driver.execute(_BEGIN_ANEW, job_id)
