"""How does a process work on jobs, with or without answering requests beside that?"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from rag.bootstrap import Application, Settings, open_application
from rag.domain.errors import RagError
from rag.interfaces.log import configure_logging, logger

PAUSE_SECONDS: Final = 1.0
log = logger()


def work(settings: Settings, *, until_empty: bool) -> None:
    """This will work on jobs until SIGINT or SIGTERM, or until none is left that nobody is busy with.

    Asked to stop, it finishes the files in work and gives the others back.

    Raises:
        ModelLoadError, UnavailableError: the application cannot be opened.
    """
    configure_logging(settings.log_level)
    asyncio.run(_work(settings, until_empty=until_empty))


async def ended(work: Awaitable[None]) -> BaseException | None:
    """This will wait until `work` has ended, and give what it failed by; cancelled, it cancels that too."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
        await asyncio.wait({task})
    return task.exception()


async def kept_running(work: Callable[[], Awaitable[None]], application: Application) -> None:
    """This will start `work` anew whenever it ends by a failure: uploads must not wait unseen."""
    while True:
        failure = await ended(work())
        if failure is None:
            return
        kind = failure.kind if isinstance(failure, RagError) else RagError.kind
        application.telemetry.failed(kind)
        log.error("jobs_failed", kind=kind, exc_info=failure)
        await asyncio.sleep(PAUSE_SECONDS)


async def _work(settings: Settings, *, until_empty: bool) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    # Heard from the start: a worker that is still opening its parts ends as well.
    for stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop, stopped.set)
    async with open_application(settings) as application:
        consume = partial(application.consume_jobs, until_empty=until_empty)
        tasks = [
            asyncio.create_task(kept_running(consume, application), name="jobs"),
            asyncio.create_task(stopped.wait(), name="stop"),
        ]
        log.info("working", until_empty=until_empty)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    log.info("stopped")
