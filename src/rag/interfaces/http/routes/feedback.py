"""How is an answer rated over HTTP?"""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from rag.interfaces.http.context import application_of
from rag.interfaces.http.errors import FieldError, RequestInvalidError
from rag.interfaces.http.middleware import BODY_LIMIT
from rag.interfaces.http.openapi import fails_with, reads_a_body, replies_with
from rag.interfaces.http.replies import json_reply
from rag.interfaces.http.schemas.feedback import FEEDBACK_EXAMPLE, FeedbackBody, FeedbackRequest
from rag.ports.journal import UnknownQueryLogError
from rag.ports.library import LibraryUnavailableError
from rag.services.collect_feedback import CommentTooLongError, InvalidRatingError

router = APIRouter(tags=["questions"])


@router.post(
    "/feedback",
    summary="Rate an answer",
    status_code=HTTPStatus.CREATED,
    response_model=None,
    responses={
        **replies_with(FEEDBACK_EXAMPLE, description="The rating is stored.", status=HTTPStatus.CREATED),
        **fails_with(
            *reads_a_body(BODY_LIMIT),
            UnknownQueryLogError("There is no such entry in the query log."),
            RequestInvalidError([FieldError("body", "Give either rating or thumbs.")]),
            InvalidRatingError("A rating of 6 is not possible."),
            CommentTooLongError("The comment has 4100 characters."),
            LibraryUnavailableError("PostgreSQL does not answer."),
        ),
    },
)
async def rate(body: FeedbackRequest, request: Request) -> Response:
    """Stores a rating from 1 to 5, or a thumb, with a comment and judgements of single passages if given.

    An answer may be rated several times; every rating is kept.
    """
    feedback = await application_of(request).stores.collect_feedback(
        body.query_log_id,
        rating=body.stars,
        comment=body.comment,
        verdicts=[(verdict.chunk_id, verdict.verdict) for verdict in body.verdicts],
    )
    return json_reply(FeedbackBody.of(feedback), status=HTTPStatus.CREATED)
