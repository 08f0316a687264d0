"""How is an error told to a client? As a problem document of RFC 9457."""

from collections.abc import Mapping
from typing import Final

import orjson
from fastapi.responses import Response

from rag.domain.errors import RagError, UnavailableError
from rag.interfaces.http.errors import FieldError, status_of

PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 1
MEMBERS: Final = ("limit", "length")  # what an error may carry besides its message
UNFORESEEN: Final = "Something went wrong inside the service."


def problem_of(error: RagError, *, request_id: str) -> dict[str, object]:
    """This will give the problem document's members, in the order in which they are read best."""
    errors: tuple[FieldError, ...] = getattr(error, "errors", ())
    return {
        "type": f"urn:rag:problem:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status_of(type(error)),
        "detail": sayable(str(error)),
        "code": error.code,
        "request_id": request_id,
        "advice": error.advice,
        **{name: getattr(error, name) for name in MEMBERS if hasattr(error, name)},
        **({"errors": errors} if errors else {}),
    }


def problem_response(
    error: RagError, *, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """This will answer with the problem document, and with Retry-After where waiting helps."""
    wait = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, UnavailableError) else {}
    return Response(
        orjson.dumps(problem_of(error, request_id=request_id)),
        status_code=status_of(type(error)),
        media_type=PROBLEM_JSON,
        headers={**wait, **(headers or {})},
    )


def sayable(text: str) -> str:
    r"""Make a text fit to be sent and logged: UTF-8 has no lone surrogates.

    >>> sayable("a\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode()
