"""What does the service do besides answering?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from rag.bootstrap import Application
from rag.domain.errors import RagError
from rag.domain.question import Question
from rag.interfaces.log import logger
from rag.interfaces.worker import kept_running
from rag.ports.search import IndexMissingError
from rag.services.stages import StageTimer

PAUSE_SECONDS: Final = 1.0
BACKLOG_SECONDS: Final = 5.0
log = logger()


class Warmth(asyncio.Event):
    """Set once the first search has gone through.

    Attributes:
        waits_for: why it is not set yet, in one sentence.
    """

    waits_for = "The embedding model is being warmed up."


@asynccontextmanager
async def at_work(application: Application, warm: Warmth, *, works: bool = True) -> AsyncIterator[None]:
    """This will warm the model up and watch the jobs until the context ends, and `warm` says when it is.

    Where it `works`, it works the jobs off as well.
    """
    tasks = [
        asyncio.create_task(warm_up(application, warm), name="warm-up"),
        asyncio.create_task(watch_backlog(application), name="backlog"),
    ]
    if works:
        tasks.append(asyncio.create_task(kept_running(application.consume_jobs, application), name="jobs"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def warm_up(application: Application, warm: Warmth) -> None:
    """This will catch the index up and search once, again and again until it works, and then set `warm`."""
    question = Question.of("Is the model warm?")
    while not warm.is_set():
        try:
            put_back = await application.catch_up_index()
            if put_back:
                log.warning("index_filled_again", chunks=put_back)
            await application.search(question, timer=StageTimer(application.stores.clock))
        except IndexMissingError:
            # The question was embedded before the index was missed, so the model is warm.
            warm.set()
        except RagError as error:
            warm.waits_for = str(error)
            log.warning("warm_up_waits", kind=error.kind, detail=str(error))
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            warm.set()
    log.info("warm", embedding_model=application.embedding_model.key)


async def watch_backlog(application: Application) -> None:
    """This will tell the telemetry again and again what waits; while PostgreSQL is away it tells nothing."""
    while True:
        try:
            application.telemetry.waiting(await application.stores.jobs.backlog())
        except RagError as error:
            log.warning("backlog_unknown", kind=error.kind, detail=str(error))
        await asyncio.sleep(BACKLOG_SECONDS)
