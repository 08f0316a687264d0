"""How does a running service notice that it finds less than it did?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
from fastapi import FastAPI

from rag.bootstrap import Application, canary_over_http
from rag.domain.canary import CanaryRun
from rag.domain.errors import RagError
from rag.domain.golden import Case
from rag.interfaces.log import logger
from rag.interfaces.worker import ended
from rag.services.run_canary import RunCanary

LEAST_PAUSE_SECONDS: Final = 1.0
log = logger()


@asynccontextmanager
async def asking_itself(app: FastAPI, cases: Sequence[Case]) -> AsyncIterator[None]:
    """This will ask the app golden questions again and again until the context ends; without any, nothing."""
    if not cases:
        yield
        return
    task = asyncio.create_task(watch_quality(app, cases), name="canary")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def watch_quality(app: FastAPI, cases: Sequence[Case]) -> None:
    """This will run over `cases` every RAG_CANARY_SECONDS, through the app's own HTTP interface."""
    application: Application = app.state.application
    application.telemetry.canary_asks(len(cases))
    await app.state.warm.wait()
    first: dict[str, float] = {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://canary") as client:
        canary = canary_over_http(client)
        while True:
            next_run = asyncio.get_running_loop().time() + application.settings.canary_seconds
            failure = await ended(_run(canary, cases, application, first=first))
            if failure is not None:  # it ends the run, but neither the service nor the next run
                application.telemetry.failed(RagError.kind)
                log.error("canary_failed", exc_info=failure)
            pause = next_run - asyncio.get_running_loop().time()
            await asyncio.sleep(max(LEAST_PAUSE_SECONDS, pause))


async def _run(
    canary: RunCanary, cases: Sequence[Case], application: Application, *, first: dict[str, float]
) -> None:
    def failed(case: Case, error: RagError) -> None:
        application.telemetry.canary_failed()
        log.warning("canary_unanswered", case=case.id, detail=str(error))

    tell(await canary(cases, failed=failed), application, first=first)


def tell(run: CanaryRun, application: Application, *, first: dict[str, float]) -> None:
    """This will show what a run found; `first` holds the first recall of each generation, and is added to.

    A run with failures is no measure for later ones.
    """
    if run.recall is None:
        log.info("canary_found_nothing", questions=run.questions, failures=run.failures, unasked=run.unasked)
        return
    drift = None
    if run.generation is not None:
        if not run.failures:
            first.setdefault(run.generation, run.recall)
        drift = first.get(run.generation, run.recall) - run.recall
    application.telemetry.canary_ran(recall=run.recall, drift=drift, at=application.stores.clock.now())
    log.info(
        "canary",
        recall=round(run.recall, 4),
        drift=None if drift is None else round(drift, 4),
        questions=run.questions,
        failures=run.failures,
        unasked=run.unasked,
        missed=list(run.missed),
        generation=run.generation,
    )
