"""What is said, counted and logged when a request fails?"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Scope

from rag.domain.errors import RagError
from rag.interfaces.http.context import application_in
from rag.interfaces.http.errors import (
    FieldError,
    MethodNotAllowedError,
    RefusedError,
    RequestInvalidError,
    RequestMalformedError,
    UnknownRouteError,
    status_of,
)
from rag.interfaces.http.problems import UNFORESEEN, problem_response, sayable
from rag.interfaces.log import logger

WRONG_TYPES: Final = ("dict_type", "model_attributes_type", "model_type")
log = logger()


def install_handlers(app: FastAPI) -> None:
    """This will turn every error that a route raises into a problem document."""
    app.add_exception_handler(RagError, _on_rag_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


def answer_error(error: RagError, scope: Scope, *, headers: Mapping[str, str] | None = None) -> Response:
    """This will make the reply to a request that failed with `error`."""
    return problem_response(error, request_id=scope["state"]["request_id"], headers=headers)


def report(error: RagError, *, scope: Scope) -> None:
    """This will count a foreseen error and log it in one line."""
    application_in(scope).telemetry.failed(error.kind)
    status = status_of(type(error))
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # The message of what a caller got wrong may quote the caller; only our own failures are spelt out.
    inside = {"detail": str(error), "cause": repr(error.__cause__)} if ours else {}
    (log.error if ours else log.warning)(
        "request_failed",
        request_id=scope["state"]["request_id"],
        method=scope["method"],
        path=sayable(scope["path"]),
        status=status,
        code=error.code,
        kind=error.kind,
        **inside,
    )


def report_unforeseen(error: Exception, *, scope: Scope) -> None:
    """This will count an error that nobody foresaw, and log where it came from."""
    application_in(scope).telemetry.failed(RagError.kind)
    log.error(
        "request_failed",
        request_id=scope["state"]["request_id"],
        method=scope["method"],
        path=sayable(scope["path"]),
        status=int(HTTPStatus.INTERNAL_SERVER_ERROR),
        code=RagError.code,
        kind=RagError.kind,
        exc_info=error,
    )


async def _on_rag_error(request: Request, error: Exception) -> Response:
    return _reported(cast("RagError", error), request)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    invalid = cast("RequestValidationError", error)
    return _reported(_as_ours(invalid.errors()), request)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    return _reported(_our_error(refused), request, headers=refused.headers)


def _reported(error: RagError, request: Request, *, headers: Mapping[str, str] | None = None) -> Response:
    report(error, scope=request.scope)
    return answer_error(error, request.scope, headers=headers)


def _our_error(refused: HTTPException) -> RagError:
    if isinstance(refused, RefusedError):
        return refused.error
    if refused.status_code == HTTPStatus.NOT_FOUND:
        return UnknownRouteError("There is nothing at this path.")
    if refused.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowedError("This path does not take this method.")
    if refused.status_code == HTTPStatus.BAD_REQUEST:
        return RequestMalformedError(sayable(str(refused.detail)))
    return RagError(UNFORESEEN)


def _as_ours(errors: Sequence[Mapping[str, Any]]) -> RagError:
    """Say what pydantic found without repeating what the caller sent."""
    if any(error["type"] == "json_invalid" for error in errors):
        return RequestMalformedError(f"The body is not JSON: {errors[0]['ctx']['error']}.")
    return RequestInvalidError([_field_error(error) for error in errors])


def _field_error(error: Mapping[str, Any]) -> FieldError:
    field = sayable(".".join(str(step) for step in error["loc"]))[:200]
    if error["type"] == "extra_forbidden":
        return FieldError(field, "This field is not known here.")
    if error["loc"] == ("body",) and error["type"] in WRONG_TYPES:
        return FieldError(field, "Send a JSON object, with the header Content-Type: application/json.")
    return FieldError(field, sayable(error["msg"].removeprefix("Value error, ")))
