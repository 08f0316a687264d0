"""How is the service, and what does it count?"""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from rag.bootstrap import VERSION
from rag.interfaces.http.context import application_of
from rag.interfaces.http.errors import NotReadyError
from rag.interfaces.http.handlers import answer_error
from rag.interfaces.http.openapi import REQUEST_ID_RESPONSE_HEADER, fails_with, replies_with
from rag.interfaces.http.replies import json_reply
from rag.interfaces.http.schemas.health import DOWN_EXAMPLE, HEALTH_EXAMPLE, HealthBody, ProbeBody
from rag.services.check_health import Health, Status

router = APIRouter(tags=["operation"])

METRICS_EXAMPLE: Final = (
    "# HELP rag_queries_total Questions answered or declined.\n"
    "# TYPE rag_queries_total counter\n"
    'rag_queries_total{outcome="answered"} 12.0\n'
)
EXPOSITION: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The figures in Prometheus's text format.",
        "headers": REQUEST_ID_RESPONSE_HEADER,
        "content": {"text/plain": {"schema": {"type": "string"}, "example": METRICS_EXAMPLE}},
    }
}


@router.get(
    "/health",
    summary="Show the service's state",
    response_model=None,
    responses={
        **replies_with(HEALTH_EXAMPLE, description="Questions are answered."),
        **replies_with(
            DOWN_EXAMPLE,
            description="No question is answered; or, with HEALTH_CHECK_STRICT, some part is missing.",
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        **fails_with(),
    },
)
async def health(request: Request) -> Response:
    """Asks every part that the service depends on, and says how long each took to answer.

    A part that does not answer within two seconds counts as down.
    """
    application = application_of(request)
    picture = await application.stores.check_health()
    body = HealthBody.of(picture, model=application.embedding_model, version=VERSION)
    fit = _is_fit(picture, strict=application.settings.health_check_strict)
    return json_reply(body, status=HTTPStatus.OK if fit else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get(
    "/livez",
    summary="Is the process alive?",
    response_model=None,
    responses={
        **replies_with(ProbeBody(status="alive"), description="The process answers."),
        **fails_with(),
    },
)
async def live() -> Response:
    """Asks nothing outside the process: restart the process when this fails, and only then."""
    return json_reply(ProbeBody(status="alive"))


@router.get(
    "/readyz",
    summary="Can questions be answered now?",
    response_model=None,
    responses={
        **replies_with(ProbeBody(status="ready"), description="Questions are answered, well or less well."),
        **fails_with(NotReadyError("The embedding model is being warmed up.")),
    },
)
async def ready(request: Request) -> Response:
    """Decides whether traffic is sent here: not before the model is warm, and not while a part is missing.

    Failing this is counted nowhere: a probe is not a request that somebody made.
    """
    if not request.app.state.warm.is_set():
        return answer_error(NotReadyError(request.app.state.warm.waits_for), request.scope)
    picture = await application_of(request).stores.check_health()
    if not picture.can_answer:
        down = ", ".join(part.name for part in picture.parts if part.status is not Status.OK)
        return answer_error(NotReadyError(f"These parts are down: {down}."), request.scope)
    return json_reply(ProbeBody(status="ready"))


@router.get(
    "/metrics",
    summary="Show the figures",
    response_class=PlainTextResponse,
    response_model=None,
    responses={**EXPOSITION, **fails_with()},
)
async def metrics(request: Request) -> Response:
    """Gives every figure in Prometheus's text format; docs/reference/metrics.md explains them."""
    content, media_type = application_of(request).telemetry.exposition()
    return Response(content, headers={"Content-Type": media_type})


def _is_fit(picture: Health, *, strict: bool) -> bool:
    return picture.status is Status.OK if strict else picture.can_answer
