"""How far has an upload come?"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from rag.interfaces.http.context import application_of
from rag.interfaces.http.errors import FieldError, RequestInvalidError
from rag.interfaces.http.openapi import fails_with, replies_with
from rag.interfaces.http.replies import json_reply
from rag.interfaces.http.schemas.jobs import JOB_EXAMPLE, JobBody
from rag.ports.jobs import UnknownJobError
from rag.ports.library import LibraryUnavailableError

router = APIRouter(tags=["documents"])


@router.get(
    "/jobs/{job_id}",
    summary="Show a job",
    response_model=None,
    responses={
        **replies_with(JOB_EXAMPLE, description="The job as it stands."),
        **fails_with(
            UnknownJobError("There is no job with this id."),
            RequestInvalidError([FieldError("path.job_id", "Input should be a valid UUID")]),
            LibraryUnavailableError("PostgreSQL does not answer."),
        ),
    },
)
async def show_job(
    job_id: Annotated[
        UUID, Path(description="The job's id.", examples=["71d8f2a4-0a52-4a51-9b1f-93a6f6d0c8e5"])
    ],
    request: Request,
) -> Response:
    """Shows how many files are done, what became of each, and how long the rest will take.

    A job is `queued`, `running`, `succeeded` or `failed`; it fails only when every file failed.
    """
    return json_reply(JobBody.of(await application_of(request).stores.jobs.job(job_id)))
