"""How does a job look while somebody watches it?"""

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import UUID

from rag.interfaces.cli.output import note, progress_of_bytes

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.ports.jobs import Job, JobBoard

LOOK_SECONDS: Final = 0.5


async def followed(board: "JobBoard", job_id: UUID) -> "Job":
    """This will show a bar with files, rate and time left until the job has ended, and give the ended job.

    Raises:
        UnknownJobError: it does not exist.
        UnavailableError: PostgreSQL went away; the job goes on without being watched.
    """
    job = await board.job(job_id, with_results=False)
    if job.finished_at is None and job.worker is None:
        note("The job waits for a worker: `rag serve`, or `rag work`.")
    with progress_of_bytes("Ingesting") as show:
        while job.finished_at is None:
            progress = job.progress
            show(progress.bytes_done, progress.bytes_total, told(job))
            await asyncio.sleep(LOOK_SECONDS)
            job = await board.job(job_id, with_results=False)
    return await board.job(job_id)


def told(job: "Job") -> str:
    """This will say in a few words how far a job has come."""
    progress = job.progress
    parts = [f"{progress.done}/{progress.total} files"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.files_per_second is not None:
        parts.append(f"{progress.files_per_second:.1f} files/s")
    if progress.bytes_per_second is not None:
        parts.append(f"{size(progress.bytes_per_second)}/s")
    if job.seconds_left is not None:
        parts.append(f"{duration(job.seconds_left)} left")
    return ", ".join(parts)


def size(count: float) -> str:
    """This will give a number of bytes as people say it.

    >>> size(0), size(2048), size(5_000_000)
    ('0 B', '2.0 KiB', '4.8 MiB')
    """
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:  # noqa: PLR2004 - a unit is 1024 of the one before
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def duration(seconds: float) -> str:
    """This will give a time as people say it.

    >>> duration(7.6), duration(75), duration(7300)
    ('8 s', '1 min 15 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
