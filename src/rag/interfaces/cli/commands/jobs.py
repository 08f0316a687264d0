"""rag jobs: watch, cancel and retry what was uploaded."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.following import duration, followed, size, told
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import note, say, say_json, say_table
from rag.interfaces.cli.session import run, stores
from rag.interfaces.cli.shapes import job_shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.ports.jobs import Job

EXAMPLE_ID = "71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5"


class StateName(StrEnum):
    """The states of a job, as they are typed."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


Id = Annotated[UUID, typer.Argument(metavar="ID", help="The job's id; `rag jobs list` shows it.")]
State = Annotated[StateName | None, typer.Option("--state", help="Only jobs in this state.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many jobs to list.")]
After = Annotated[
    UUID | None, typer.Option("--after", metavar="ID", help="List the jobs that are older than this one.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Show a bar until the job has ended, and then the job.")]


def register(app: typer.Typer) -> None:
    """This will add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Watch, cancel and retry uploads.")
    group.command("list", epilog=examples("rag jobs list", "rag jobs list --state running --json"))(list_jobs)
    group.command(
        "show", epilog=examples(f"rag jobs show {EXAMPLE_ID}", f"rag jobs show {EXAMPLE_ID} --watch")
    )(show_job)
    group.command("wait", epilog=examples(f"rag jobs wait {EXAMPLE_ID}"))(wait_for_job)
    group.command("cancel", epilog=examples(f"rag jobs cancel {EXAMPLE_ID}"))(cancel_job)
    group.command("retry", epilog=examples(f"rag jobs retry {EXAMPLE_ID}"))(retry_job)
    app.add_typer(group, name="jobs")


def list_jobs(state: State = None, limit: Limit = 100, after: After = None, as_json: Json = False) -> None:
    """List jobs, the newest first."""
    run(_list(state, limit=limit, after=after, as_json=as_json))


async def _list(state: StateName | None, *, limit: int, after: UUID | None, as_json: bool) -> None:
    from rag.ports.jobs import JobState  # noqa: PLC0415 - only here is it more than a type

    wanted = JobState(state.value) if state else None
    async with stores() as opened:
        jobs = await opened.jobs.jobs(state=wanted, limit=limit, after=after)
    if as_json:
        say_json([job_shape(job, with_files=False) for job in jobs])
    elif not jobs:
        note("There is no such job. Jobs come from uploads: POST /documents.")
    else:
        say_table(
            ["ID", "STATE", "DONE", "TOTAL", "FAILED", "SIZE", "LEFT", "CREATED"],
            [_row(job) for job in jobs],
        )


def _row(job: "Job") -> list[object]:
    left = None if job.seconds_left is None else duration(job.seconds_left)
    progress = job.progress
    return [
        job.id,
        job.state.value,
        job.done,
        job.total,
        progress.failed,
        size(progress.bytes_total),
        left,
        f"{job.created_at:%Y-%m-%d %H:%M}",
    ]


def show_job(job_id: Id, watch: Watch = False, as_json: Json = False) -> None:
    """Show how far a job has come, and what became of every file."""
    run(_show(job_id, watch=watch, as_json=as_json))


async def _show(job_id: UUID, *, watch: bool, as_json: bool) -> None:
    async with stores() as opened:
        job = await (followed(opened.jobs, job_id) if watch else opened.jobs.job(job_id))
    _say(job, as_json=as_json)


def wait_for_job(job_id: Id, as_json: Json = False) -> None:
    """Wait until a job has ended, with a bar that shows files, rate and time left.

    The exit code is 1 when any file failed, or when the job was cancelled.
    """
    run(_wait(job_id, as_json=as_json))


async def _wait(job_id: UUID, *, as_json: bool) -> None:
    async with stores() as opened:
        job = await followed(opened.jobs, job_id)
    _say(job, as_json=as_json)
    if job.progress.failed or job.state.value in {StateName.FAILED, StateName.CANCELLED}:
        raise typer.Exit(FAILED)


def cancel_job(job_id: Id, as_json: Json = False) -> None:
    """End a job now: what is searchable stays, all other files are dropped.

    A file that is being stored at this moment is finished all the same.
    """
    run(_cancel(job_id, as_json=as_json))


async def _cancel(job_id: UUID, *, as_json: bool) -> None:
    async with stores() as opened:
        job = await opened.jobs.cancel(job_id)
    if as_json:
        say_json(job_shape(job))
    else:
        cancelled = sum(result.outcome == "cancelled" for result in job.results)
        say(f"Cancelled: {job.total - cancelled} of {job.total} files were done, the others are dropped.")


def retry_job(job_id: Id, as_json: Json = False) -> None:
    """Queue an ended job again for its failed files alone.

    Their bytes are kept for seven days after the job's end. Cancelled files have none.
    """
    run(_retry(job_id, as_json=as_json))


async def _retry(job_id: UUID, *, as_json: bool) -> None:
    async with stores() as opened:
        job = await opened.jobs.retry(job_id)
    if as_json:
        say_json(job_shape(job))
    else:
        say(f"Queued again: {job.total - job.done} of {job.total} files. Watch: rag jobs wait {job_id}")


def _say(job: "Job", *, as_json: bool) -> None:
    if as_json:
        say_json(job_shape(job))
        return
    say(f"Job {job.id}: {job.state.value}, {told(job)}")
    if job.worker:
        heard = f", last heard of at {job.heard_at:%H:%M:%S}" if job.heard_at else ""
        say(f"Worker: {job.worker}{heard}")
    if job.results:
        say_table(
            ["FILE", "OUTCOME", "CHUNKS", "SECONDS", "REMARKS"],
            [
                [
                    r.name,
                    r.outcome,
                    r.chunks,
                    round(r.seconds, 2),
                    " ".join([r.error or "", *r.notes]).strip(),
                ]
                for r in job.results
            ],
            folds=["FILE", "REMARKS"],
        )
