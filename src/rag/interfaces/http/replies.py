"""How is a reply written?"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from uuid import UUID

import orjson
from fastapi.responses import Response

JSON: Final = "application/json"


def encoded(body: object) -> bytes:
    """This will write one of the schemas' dataclasses as JSON, with times in RFC 3339 and UTC as `Z`."""
    return orjson.dumps(body, default=_plain, option=orjson.OPT_UTC_Z)


def json_reply(
    body: object, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """This will answer with one of the schemas' dataclasses; nothing validates it a second time."""
    return Response(encoded(body), status_code=status, media_type=JSON, headers=headers)


def _plain(value: object) -> str:
    # Database drivers have UUID classes of their own, which orjson does not take for the standard one.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
