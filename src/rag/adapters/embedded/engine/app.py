"""How does a request over the socket become an answer in Qdrant's format?"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from importlib.metadata import version
from typing import Any, Final, TypeAlias

import orjson

from rag.adapters.embedded.engine import collection_routes, point_routes
from rag.adapters.embedded.engine.refusals import RefusedError
from rag.adapters.embedded.engine.requests import Request, Routes, check_parameters, route
from rag.adapters.embedded.engine.store import Store

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]

TITLE: Final = "rag embedded engine"
# The REST API of this release is what the routes below speak; clients compare it with their own version.
SPOKEN_VERSION: Final = "1.20.0"
MAX_BODY_BYTES: Final = 32 << 20  # as a Qdrant server has it
_LOG: Final = logging.getLogger(__name__)
_PANIC: Final = "PanicException"  # pyo3's class cannot be imported, and derives from BaseException

_ROUTES: Final[Routes] = {
    ("POST", "/collections/{collection}/points/query/batch"): point_routes.query_batch,
    ("POST", "/collections/{collection}/points/query"): point_routes.query,
    ("PUT", "/collections/{collection}/points"): point_routes.upsert,
    ("POST", "/collections/{collection}/points"): point_routes.retrieve,
    ("GET", "/collections/{collection}/points/{id}"): point_routes.retrieve_one,
    ("POST", "/collections/{collection}/points/delete"): point_routes.delete,
    ("POST", "/collections/{collection}/points/count"): point_routes.count,
    ("POST", "/collections/{collection}/points/scroll"): point_routes.scroll,
    ("POST", "/collections/aliases"): collection_routes.change_aliases,
    ("GET", "/aliases"): collection_routes.list_aliases,
    ("GET", "/collections"): collection_routes.list_collections,
    ("GET", "/collections/{collection}"): collection_routes.describe,
    ("PUT", "/collections/{collection}"): collection_routes.create,
    ("DELETE", "/collections/{collection}"): collection_routes.delete,
    ("GET", "/collections/{collection}/exists"): collection_routes.exists,
    ("GET", "/collections/{collection}/aliases"): collection_routes.aliases_of,
    ("PUT", "/collections/{collection}/index"): collection_routes.index_field,
    ("DELETE", "/collections/{collection}/index/{field}"): collection_routes.unindex_field,
    ("POST", "/collections/{collection}/flush"): collection_routes.flush,
    ("POST", "/collections/{collection}/optimize"): collection_routes.optimize,
}


class Application:
    """An ASGI application over one store; `give_up` is called when the engine can no longer be trusted."""

    def __init__(self, store: Store, *, give_up: Callable[[], None]) -> None:
        self._store = store
        self._give_up = give_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This will answer one request."""
        started = time.perf_counter()
        method, path = scope["method"], scope["raw_path"]
        if method == "GET" and path in {b"/", b"/healthz", b"/livez", b"/readyz"}:
            status, content = self._health(path)
        else:
            try:
                result = await self._handle(scope, receive)
                status, answer = 200, {"result": result, "status": "ok"}
            except RefusedError as error:
                status, answer = error.status, {"status": {"error": str(error)}}
            except BaseException as error:
                if type(error).__name__ != _PANIC:
                    raise
                # What the engine was doing is left half done in memory; its log on disk is sound.
                _LOG.exception("the engine panicked at %s %s", method, path)
                self._give_up()
                status, answer = 500, {"status": {"error": f"The engine panicked: {error}"}}
            content = orjson.dumps({**answer, "time": time.perf_counter() - started})
        await _send(send, status, content, kind=b"text/plain" if path.endswith(b"z") else b"application/json")

    async def _handle(self, scope: Scope, receive: Receive) -> object:
        body = await _body(receive)
        handler, names = route(_ROUTES, scope["method"], scope["raw_path"])
        check_parameters(scope["query_string"])
        if not self._store.is_ready:
            raise RefusedError(503, "The collections are being opened; try again in a moment.")
        return await handler(Request(self._store, names, body))

    def _health(self, path: bytes) -> tuple[int, bytes]:
        if path == b"/":
            commit = f"qdrant-edge-py {version('qdrant-edge-py')}"
            return 200, orjson.dumps({"title": TITLE, "version": SPOKEN_VERSION, "commit": commit})
        if path == b"/readyz" and not self._store.is_ready:
            return 503, b"the collections are being opened"
        return 200, path[1:] + b" check passed"


async def _body(receive: Receive) -> bytes:
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MAX_BODY_BYTES:
            raise RefusedError(413, f"The request is larger than {MAX_BODY_BYTES} bytes.")
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _send(send: Send, status: int, content: bytes, *, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
