"""What happens to every request before its route sees it?"""

import re
from http import HTTPMethod
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.domain.errors import RagError
from rag.interfaces.http.context import application_in
from rag.interfaces.http.errors import (
    BodyTooLargeError,
    OverloadedError,
    RefusedError,
    UploadsOverloadedError,
)
from rag.interfaces.http.handlers import answer_error, report, report_unforeseen
from rag.interfaces.http.problems import UNFORESEEN

REQUEST_ID_HEADER: Final = "X-Request-ID"
SANE_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
MIB: Final = 1024 * 1024
BODY_LIMIT: Final = 1 * MIB
UPLOAD_LIMIT: Final = 64 * MIB
UPLOADS: Final = "/documents"
UPLOADS_AT_ONCE: Final = 4  # each is held in memory whole, so this many times UPLOAD_LIMIT
QUESTIONS: Final = ("/query", "/search")


class RequestBoundary:
    """Gives every request an id, and turns what nobody foresaw into a 500 without a word of the inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This will answer every request, whatever happens behind it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        is_answered = False

        async def send_with_id(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - the last place that can answer what nobody foresaw
            report_unforeseen(error, scope=scope)
            if is_answered:
                # A reply that was begun cannot be taken back; the server cuts it off so that it is seen.
                return
            await answer_error(RagError(UNFORESEEN), scope)(scope, receive, send_with_id)


class BodyLimit:
    """Refuses a body that is larger than its route reads, before or while it arrives."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This will pass on requests whose body is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_LIMIT if scope["path"] == UPLOADS else BODY_LIMIT
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            error = BodyTooLargeError(limit)
            await refuse(error, scope, receive, send)
            return
        arrived = 0

        async def receive_within_limit() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit:
                raise RefusedError(BodyTooLargeError(limit))
            return message

        await self._app(scope, receive_within_limit, send)


class QuestionLimit:
    """Answers at most `max_concurrent_queries` questions at once, and refuses the others immediately."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This will pass on a question if there is room; a stream keeps its place until it ends."""
        if not _is_post(scope, *QUESTIONS):
            await self._app(scope, receive, send)
            return
        application = application_in(scope)
        limit = application.settings.max_concurrent_queries
        if self._active >= limit:
            await refuse(OverloadedError(limit), scope, receive, send)
            return
        self._active += 1
        try:
            with application.telemetry.active_query():
                await self._app(scope, receive, send)
        finally:
            self._active -= 1


class UploadLimit:
    """Takes in at most `UPLOADS_AT_ONCE` uploads at once, and refuses the others immediately."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This will pass on an upload if there is room; it keeps its place until it is answered."""
        if not _is_post(scope, UPLOADS):
            await self._app(scope, receive, send)
            return
        if self._active >= UPLOADS_AT_ONCE:
            await refuse(UploadsOverloadedError(UPLOADS_AT_ONCE), scope, receive, send)
            return
        self._active += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._active -= 1


async def refuse(error: RagError, scope: Scope, receive: Receive, send: Send) -> None:
    """This will answer with the error without asking the route."""
    report(error, scope=scope)
    await answer_error(error, scope)(scope, receive, send)


def _is_post(scope: Scope, *paths: str) -> bool:
    return scope["type"] == "http" and scope["method"] == HTTPMethod.POST and scope["path"] in paths


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    return given if SANE_REQUEST_ID.fullmatch(given) else str(uuid4())
