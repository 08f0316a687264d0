"""How does the service listen, and how does it stop?"""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from rag.interfaces.http.errors import AddressUnusableError
from rag.interfaces.log import logger

GRACE_SECONDS: Final = 20
BACKLOG: Final = 2048
LAST_PORT: Final = 65_535
log = logger()


def run_until_stopped(app: FastAPI, taken: socket.socket) -> None:
    """This will answer requests on `taken` until SIGINT or SIGTERM, and finish those that were begun.

    Raises:
        Exception: whatever the app's lifespan raises when it starts.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(app, config, taken))


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """This will take the address for as long as the context lasts; port 0 takes any that is free.

    Raises:
        AddressUnusableError: it is in use, not allowed, or not ours.
    """
    if not 0 <= port <= LAST_PORT:
        raise AddressUnusableError(f"{port} is no port: ports are 0 to {LAST_PORT}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressUnusableError(f"{host} port {port} is not an address: {_reason(error)}.") from error
    with taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(address)
            taken.listen(BACKLOG)
        except OSError as error:
            raise AddressUnusableError(
                f"{host} port {port} cannot be listened on: {_reason(error)}."
            ) from error
        yield taken


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


async def _serve(app: FastAPI, config: uvicorn.Config, taken: socket.socket) -> None:
    async with app.router.lifespan_context(app):
        server = _Server(config)
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop, server.stop)
        address, port = taken.getsockname()[:2]
        log.info("listening", host=address, port=port)
        await server.serve(sockets=[taken])
        log.info("stopped")


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would kill the process with them before our own parts are closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """This will finish what was begun; asked a second time, it will not wait for that."""
        self.force_exit = self.should_exit
        self.should_exit = True
