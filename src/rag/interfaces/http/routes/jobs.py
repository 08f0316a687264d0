"""How far have uploads come, and how are they cancelled and tried again, over HTTP?"""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from rag.interfaces.http.context import application_of
from rag.interfaces.http.errors import FieldError, RequestInvalidError
from rag.interfaces.http.openapi import fails_with, replies_with
from rag.interfaces.http.replies import json_reply
from rag.interfaces.http.schemas.jobs import (
    ACCEPTED_EXAMPLE,
    CANCELLED_EXAMPLE,
    JOB_EXAMPLE,
    JOBS_EXAMPLE,
    JobBody,
    JobPage,
    JobsRequest,
)
from rag.ports.jobs import JobEndedError, JobNotEndedError, NothingToRetryError, UnknownJobError
from rag.ports.library import LibraryUnavailableError

router = APIRouter(tags=["documents"])

JobIdPath = Annotated[
    UUID, Path(description="The job's id.", examples=["71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5"])
]
OF_ONE_JOB: Final = (
    UnknownJobError("There is no job with this id."),
    RequestInvalidError([FieldError("path.job_id", "Input should be a valid UUID")]),
    LibraryUnavailableError("PostgreSQL does not answer."),
)


@router.get(
    "/jobs",
    summary="List jobs",
    response_model=None,
    responses={
        **replies_with(JOBS_EXAMPLE, description="One page of jobs, the newest first."),
        **fails_with(
            UnknownJobError("There is no job with this id."),
            RequestInvalidError([FieldError("query.limit", "Input should be less than or equal to 1000")]),
            LibraryUnavailableError("PostgreSQL does not answer."),
        ),
    },
)
async def list_jobs(wanted: Annotated[JobsRequest, Query()], request: Request) -> Response:
    """Lists jobs without their files, page by page."""
    jobs = await application_of(request).stores.jobs.jobs(
        state=wanted.state, limit=wanted.limit + 1, after=wanted.after
    )
    return json_reply(JobPage.of(jobs, limit=wanted.limit))


@router.get(
    "/jobs/{job_id}",
    summary="Show a job",
    response_model=None,
    responses={
        **replies_with(JOB_EXAMPLE, description="The job as it stands."),
        **fails_with(*OF_ONE_JOB),
    },
)
async def show_job(job_id: JobIdPath, request: Request) -> Response:
    """Shows how many files are done, what became of each, and how long the rest will take.

    A job is `queued`, `running`, `succeeded`, `failed` or `cancelled`; it fails only when every file failed.
    """
    return json_reply(JobBody.of(await application_of(request).stores.jobs.job(job_id)))


@router.post(
    "/jobs/{job_id}/cancel",
    summary="Cancel a job",
    response_model=None,
    responses={
        **replies_with(CANCELLED_EXAMPLE, description="The job has ended."),
        **fails_with(*OF_ONE_JOB, JobEndedError("The job has succeeded already.")),
    },
)
async def cancel_job(job_id: JobIdPath, request: Request) -> Response:
    """Ends a job now: what is searchable stays, and every other file is `cancelled` and its bytes dropped.

    A file that is being stored at this moment is finished all the same, and then shown with its outcome.
    Cancelling a second time changes nothing.
    """
    return json_reply(JobBody.of(await application_of(request).stores.jobs.cancel(job_id)))


@router.post(
    "/jobs/{job_id}/retry",
    summary="Try a job's failed files again",
    status_code=HTTPStatus.ACCEPTED,
    response_model=None,
    responses={
        **replies_with(ACCEPTED_EXAMPLE, description="The job is queued again.", status=HTTPStatus.ACCEPTED),
        **fails_with(
            *OF_ONE_JOB,
            JobNotEndedError("The job is still running."),
            NothingToRetryError("The job has no failed file whose bytes are kept."),
        ),
    },
)
async def retry_job(job_id: JobIdPath, request: Request) -> Response:
    """Queues an ended job again for the files that failed; all others keep their outcomes.

    The bytes of failed files are kept for seven days after the job's end. Cancelled files have none.
    """
    job = await application_of(request).stores.jobs.retry(job_id)
    return json_reply(JobBody.of(job), status=HTTPStatus.ACCEPTED)
