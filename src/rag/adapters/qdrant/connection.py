"""How is Qdrant reached?"""

import math
from typing import Final

import httpx
from qdrant_client import AsyncQdrantClient

from rag.domain.errors import InvalidInputError

_UNIX: Final = "unix:"
_CONNECTIONS: Final = httpx.Limits(
    max_connections=100,
    max_keepalive_connections=20,
    # Below the five seconds after which a server closes an idle connection: it must never be the first.
    keepalive_expiry=4.0,
)


def connect(url: str, *, api_key: str | None = None, timeout_seconds: float = 5.0) -> AsyncQdrantClient:
    """This will make a client; nothing is sent before its first use.

    Args:
        url: `http://…` or `https://…` of a Qdrant server, or `unix:/path.sock` of the embedded engine.
        api_key: what the server asks for.
        timeout_seconds: how long a call may wait to connect, to send, or for each piece of the answer.

    Raises:
        InvalidInputError: the address is of another kind.
    """
    if url.startswith(_UNIX):
        path = url.removeprefix(_UNIX)
        return _client("http://localhost", api_key=None, timeout_seconds=timeout_seconds, socket_path=path)
    if url.startswith(("http://", "https://")):
        return _client(url, api_key=api_key, timeout_seconds=timeout_seconds, socket_path=None)
    raise InvalidInputError(f"{url} is no address of Qdrant: it must begin with http://, https:// or unix:/.")


class _ExactTimeouts(httpx.AsyncHTTPTransport):
    """Puts our time-out in place of the client's own, which it rounds up to whole seconds."""

    def __init__(self, *, socket_path: str | None, rounded_seconds: float, seconds: float) -> None:
        super().__init__(uds=socket_path, limits=_CONNECTIONS)
        self._rounded = httpx.Timeout(rounded_seconds).as_dict()
        self._exact = httpx.Timeout(seconds).as_dict()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """This will send one request; a time-out that the call itself has named stays."""
        if request.extensions.get("timeout") == self._rounded:
            request.extensions["timeout"] = self._exact
        return await super().handle_async_request(request)


def _client(
    url: str, *, api_key: str | None, timeout_seconds: float, socket_path: str | None
) -> AsyncQdrantClient:
    rounded = math.ceil(timeout_seconds)
    return AsyncQdrantClient(
        url=url,
        api_key=api_key,
        timeout=rounded,
        check_compatibility=False,  # it would ask in a thread of its own, and not over our transport
        transport=_ExactTimeouts(socket_path=socket_path, rounded_seconds=rounded, seconds=timeout_seconds),
    )
