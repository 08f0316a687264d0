"""How do documents come in, and how are they seen and deleted, over HTTP?"""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, File, Path, Query, Request, UploadFile
from fastapi.responses import Response

from rag.interfaces.http.context import application_of
from rag.interfaces.http.errors import (
    BodyTooLargeError,
    FieldError,
    RequestInvalidError,
    RequestMalformedError,
    UploadsOverloadedError,
)
from rag.interfaces.http.middleware import UPLOAD_LIMIT, UPLOADS_AT_ONCE
from rag.interfaces.http.openapi import fails_with, replies_with
from rag.interfaces.http.replies import json_reply
from rag.interfaces.http.schemas.documents import (
    CHUNKS_EXAMPLE,
    DELETION_EXAMPLE,
    DOCUMENT_EXAMPLE,
    PAGE_EXAMPLE,
    ChunkBody,
    ChunkList,
    DeletionBody,
    DocumentBody,
    DocumentPage,
    ListRequest,
)
from rag.interfaces.http.schemas.jobs import ACCEPTED_EXAMPLE, JobBody
from rag.interfaces.http.uploads import FileNameError, uploads_of
from rag.ports.library import LibraryUnavailableError, UnknownDocumentError
from rag.ports.search import SearchUnavailableError
from rag.services.delete_document import DeletionUnprovenError

router = APIRouter(tags=["documents"])

DocumentIdPath = Annotated[
    UUID, Path(description="The document's id.", examples=["5f0c9a52-3a3e-5b0e-9a43-1f2a0c4d7e11"])
]
LIBRARY_AWAY: Final = LibraryUnavailableError("PostgreSQL does not answer.")
OF_ONE_DOCUMENT: Final = (
    UnknownDocumentError("There is no document with this id."),
    RequestInvalidError([FieldError("path.document_id", "Input should be a valid UUID")]),
    LIBRARY_AWAY,
)
LOCATION: Final = {
    "Location": {"description": "The job's path.", "schema": {"type": "string"}, "example": "/jobs/71d8…"}
}


@router.post(
    "/documents",
    summary="Upload documents",
    status_code=HTTPStatus.ACCEPTED,
    response_model=None,
    responses={
        **replies_with(
            ACCEPTED_EXAMPLE,
            description="The files are stored, and a job will make them searchable.",
            status=HTTPStatus.ACCEPTED,
            headers=LOCATION,
        ),
        **fails_with(
            RequestMalformedError("Missing boundary in multipart."),
            BodyTooLargeError(UPLOAD_LIMIT),
            RequestInvalidError([FieldError("body.files", "Field required")]),
            FileNameError("A file was sent without a name."),
            UploadsOverloadedError(UPLOADS_AT_ONCE),
            LIBRARY_AWAY,
        ),
    },
)
async def upload(
    files: Annotated[
        list[UploadFile],
        File(description="Documents, ZIP or tar archives of them, and sidecars; send the field once a file."),
    ],
    request: Request,
) -> Response:
    """Takes several files at once and makes them searchable in the background.

    The files are safe once this is answered. A file with a name that was sent before replaces that document,
    and the one that was sent last stands, whichever of them is taken in first.
    Two files of one name in one upload become two documents, such as `a.md` and `a (2).md`. Folders in a
    name are kept, steps upwards are not. The files in an archive such as `bundle.zip` become documents of
    their own, such as `bundle.zip/a.md`. A sidecar such as `a.pdf.meta.yaml` gives the `a.pdf` of the same
    upload its title, date, language and fields.
    """
    unknown = sorted(set((await request.form()).keys()) - {"files"})
    if unknown:
        raise RequestInvalidError([FieldError(f"body.{unknown[0]}", "This field is not known here.")])
    job = await application_of(request).stores.jobs.submit(await uploads_of(files))
    return json_reply(JobBody.of(job), status=HTTPStatus.ACCEPTED, headers={"Location": f"/jobs/{job.id}"})


@router.get(
    "/documents",
    summary="List documents",
    response_model=None,
    responses={
        **replies_with(PAGE_EXAMPLE, description="One page of documents, in order of id."),
        **fails_with(
            RequestInvalidError([FieldError("query.limit", "Input should be less than or equal to 1000")]),
            LIBRARY_AWAY,
        ),
    },
)
async def list_documents(wanted: Annotated[ListRequest, Query()], request: Request) -> Response:
    """Lists documents without their texts, page by page.

    Documents that come in while you page may be left out; none is shown twice.
    """
    summaries = await application_of(request).stores.library.summaries(
        source=wanted.source, limit=wanted.limit + 1, after=wanted.after
    )
    return json_reply(DocumentPage.of(summaries, limit=wanted.limit))


@router.get(
    "/documents/{document_id}",
    summary="Show a document",
    response_model=None,
    responses={
        **replies_with(DOCUMENT_EXAMPLE, description="The document."),
        **fails_with(*OF_ONE_DOCUMENT),
    },
)
async def show_document(document_id: DocumentIdPath, request: Request) -> Response:
    """Shows one document without its text."""
    return json_reply(DocumentBody.of(await application_of(request).stores.library.summary(document_id)))


@router.delete(
    "/documents/{document_id}",
    summary="Delete a document",
    response_model=None,
    responses={
        **replies_with(DELETION_EXAMPLE, description="The document is gone, and that was checked."),
        **fails_with(
            *OF_ONE_DOCUMENT,
            SearchUnavailableError("The vector engine does not answer."),
            DeletionUnprovenError("2 chunks are still in the index rag-0001-4f1d2c9a."),
        ),
    },
)
async def delete_document(document_id: DocumentIdPath, request: Request) -> Response:
    """Deletes a document with its chunks and vectors in every generation, and looks for them afterwards.

    From the moment this is answered, no answer can cite the document. There is no undo.
    """
    deletion = await application_of(request).stores.delete_document(document_id)
    return json_reply(DeletionBody.of(deletion))


@router.get(
    "/documents/{document_id}/chunks",
    summary="Show a document's chunks",
    response_model=None,
    responses={
        **replies_with(CHUNKS_EXAMPLE, description="The chunks, in order."),
        **fails_with(*OF_ONE_DOCUMENT),
    },
)
async def list_chunks(document_id: DocumentIdPath, request: Request) -> Response:
    """Shows how a document was cut in the live generation."""
    chunks = await application_of(request).stores.library.chunks(document_id)
    return json_reply(ChunkList(document_id=document_id, chunks=[ChunkBody.of(chunk) for chunk in chunks]))
