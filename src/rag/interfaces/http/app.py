"""What is the HTTP service made of?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from rag.bootstrap import VERSION, Application, Settings, open_application, read_canary_cases
from rag.interfaces.http.background import Warmth, at_work
from rag.interfaces.http.canary import asking_itself
from rag.interfaces.http.handlers import install_handlers
from rag.interfaces.http.listening import listening, run_until_stopped
from rag.interfaces.http.middleware import BodyLimit, QuestionLimit, RequestBoundary, UploadLimit
from rag.interfaces.http.openapi import DESCRIPTION, TAGS, RagApi, operation_id
from rag.interfaces.http.routes import documents, feedback, jobs, operation, query
from rag.interfaces.log import configure_logging


def create_app(application: Application) -> FastAPI:
    """This will serve an application that is open and warm; whoever opened it closes it."""
    app = _bare_app()
    app.state.application = application
    app.state.warm.set()
    return app


def serving_app(settings: Settings, *, works: bool = True) -> FastAPI:
    """This will open the application when the server starts, and close it when the server ends.

    Unless it `works`, jobs are left to workers of their own.
    The lifespan raises ModelLoadError or UnavailableError where the application cannot be opened, and
    InvalidTestSetError or NoSuchPathError where RAG_CANARY_TEST_SET cannot be used.
    """
    app = _bare_app()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Read first, so that a slip in its name is told before a model is loaded.
        named = settings.canary_test_set
        cases = await asyncio.to_thread(read_canary_cases, named) if named else ()
        async with open_application(settings) as application:
            app.state.application = application
            async with at_work(application, app.state.warm, works=works), asking_itself(app, cases):
                yield

    app.router.lifespan_context = lifespan
    return app


def serve(settings: Settings, host: str, port: int, *, works: bool = True) -> None:
    """This will answer requests until SIGINT or SIGTERM, finish those that were begun, and return.

    The address is taken first, so that a port in use is told before a model is loaded.

    Raises:
        AddressUnusableError: `host` and `port` are in use, not allowed, or not ours.
        ModelLoadError, UnavailableError: the application cannot be opened.
    """
    configure_logging(settings.log_level)
    with listening(host, port) as taken:
        run_until_stopped(serving_app(settings, works=works), taken)


def api_description() -> dict[str, Any]:
    """This will give the OpenAPI description without opening anything."""
    return _bare_app().openapi()


def _bare_app() -> FastAPI:
    app = RagApi(
        title="rag-api",
        summary="Questions and answers over your own documents.",
        description=DESCRIPTION,
        version=VERSION,
        openapi_tags=TAGS,
        # The pages behind these load scripts from the internet.
        docs_url=None,
        redoc_url=None,
        # A redirect would be answered outside the problem documents, and lose a body.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.state.warm = Warmth()
    for resource in (query, feedback, documents, jobs, operation):
        app.include_router(resource.router)
    install_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(QuestionLimit)
    app.add_middleware(UploadLimit)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestBoundary)
    return app
