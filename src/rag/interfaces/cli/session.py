"""How does a command get the services, and give them back?"""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from rag.interfaces.cli.exit_codes import INTERRUPTED
from rag.interfaces.cli.log_lines import show_warnings_only
from rag.interfaces.cli.output import note, waiting

if TYPE_CHECKING:
    from rag.bootstrap import Application, Stores


class Serve(Protocol):
    """Whatever answers HTTP requests until it is stopped."""

    def __call__(self, *, host: str, port: int, works: bool = True) -> None:
        """This will return when the service has been stopped; unless it `works`, jobs are left to others."""


@dataclass(slots=True)
class Invocation:
    """What a command gets from outside.

    Attributes:
        serve: the HTTP interface, which the command line must not know.
        debug: whether errors show where they arose.
    """

    serve: Serve
    debug: bool


def run(work: Coroutine[object, object, None]) -> None:
    """This will run a command's work to its end; one Ctrl-C ends it in good order, a second one at once."""
    before = signal.getsignal(signal.SIGINT)
    try:
        asyncio.run(_interruptible(work))
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


async def _interruptible(work: Coroutine[object, object, None]) -> None:
    in_good_order = signal.getsignal(signal.SIGINT)

    def first_time(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _at_once)
        if callable(in_good_order):
            in_good_order(number, frame)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, first_time)
    await work


def _at_once(_number: int, _frame: FrameType | None) -> None:
    # Every write can be cut off at any moment, so nothing is lost by not waiting for threads and servers.
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)


@asynccontextmanager
async def application(*, caught_up: bool = True) -> "AsyncIterator[Application]":
    """This will open everything, the embedding model included, and close it afterwards.

    With `caught_up`, chunks that the index has lost are put back first.

    Raises:
        RagError: a setting is wrong, a server cannot be reached, or the model cannot be loaded.
    """
    async with AsyncExitStack() as stack:
        with waiting("Starting …"):
            # Loaded here, not above: `rag --help` must not wait for the model's runtime.
            from rag.bootstrap import load_settings, open_application  # noqa: PLC0415

            settings = load_settings()
            show_warnings_only()
            if not settings.data_dir.exists():
                note(f"First start with {settings.data_dir}: preparing the model takes up to a minute.")
            opened = await stack.enter_async_context(open_application(settings))
            put_back = await opened.catch_up_index() if caught_up else 0
        if put_back:
            note(f"The index had lost chunks: {put_back} were put back from PostgreSQL.")
        yield opened


@asynccontextmanager
async def stores() -> "AsyncIterator[Stores]":
    """This will open what can be used without the embedding model, and close it afterwards.

    Raises:
        RagError: a setting is wrong, or a server cannot be reached.
    """
    async with AsyncExitStack() as stack:
        with waiting("Starting …"):
            # Loaded here, not above: `rag --help` must not wait for the database driver.
            from rag.bootstrap import load_settings, open_stores  # noqa: PLC0415

            settings = load_settings()
            show_warnings_only()
            opened = await stack.enter_async_context(open_stores(settings))
        yield opened


def request_id() -> str:
    """This will name one request, for the query log."""
    return f"cli-{uuid4().hex}"
