"""How is an answer sent while it is being written?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from fastapi.responses import Response
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope, Send

from rag.interfaces.http.replies import encoded

EVENT_STREAM: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 15.0
HEARTBEAT: Final = b": heartbeat\n\n"


def frame(event: str, body: object) -> bytes:
    """This will write one server-sent event whose data is one line of JSON."""
    return format_sse_event(event=event, data_str=encoded(body).decode())


class EventStream(Response):
    """Sends frames as they come, and stops the work behind them as soon as the client is gone.

    Starlette's own streaming response cancels again and again while the work is being tidied up, so that
    nothing behind it could await its own end; here the work is cancelled once and awaited.
    """

    media_type = EVENT_STREAM

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._frames = frames

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """This will return when everything is sent, or when the client is gone and the work has ended."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sender = asyncio.create_task(self._send_all(send))
        leaver = asyncio.create_task(_client_left(receive))
        try:
            await asyncio.wait({sender, leaver}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaver.cancel()
            sender.cancel()
            outcomes = await asyncio.gather(sender, leaver, return_exceptions=True)
        failure = outcomes[0]
        # A transport says by OSError that nobody reads any more; that is the same as leaving.
        if isinstance(failure, Exception) and not isinstance(failure, OSError):
            raise failure

    async def _send_all(self, send: Send) -> None:
        async with aclosing(with_heartbeats(self._frames, seconds=HEARTBEAT_SECONDS)) as frames:
            async for content in frames:
                await send({"type": "http.response.body", "body": content, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def with_heartbeats(
    frames: AsyncGenerator[bytes, None], *, seconds: float
) -> AsyncGenerator[bytes, None]:
    """This will pass frames on, and put a comment in where none came for `seconds`."""
    async with aclosing(frames):
        while True:
            coming = asyncio.ensure_future(_next(frames))
            try:
                while not (await asyncio.wait({coming}, timeout=seconds))[0]:
                    yield HEARTBEAT
            finally:
                coming.cancel()
                await asyncio.wait({coming})
            content = coming.result()
            if content is None:
                return
            yield content


async def _next(frames: AsyncGenerator[bytes, None]) -> bytes | None:
    # A task cannot end with StopAsyncIteration, so the end is told by None.
    return await anext(frames, None)


async def _client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
