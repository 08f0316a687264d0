"""What can be done without the embedding model, and who does it?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from rag.adapters.embedded import EmbeddedServers
from rag.adapters.health_checks import IndexCheck, LibraryCheck, SearchCheck
from rag.adapters.postgres import (
    PostgresJobBoard,
    PostgresJournal,
    PostgresLeases,
    PostgresLibrary,
    connect_for_leases,
    migrate,
    signed,
)
from rag.adapters.postgres import connect as connect_postgres
from rag.adapters.qdrant import QdrantSearchIndex
from rag.adapters.qdrant import connect as connect_qdrant
from rag.adapters.system_clock import SystemClock
from rag.domain.recipe import LexicalRecipe
from rag.ports.clock import Clock
from rag.ports.jobs import JobBoard
from rag.ports.journal import Journal
from rag.ports.leases import Leases
from rag.ports.library import Library
from rag.ports.search import Retriever, SearchIndex
from rag.services.check_golden_set import CheckGoldenSet
from rag.services.check_health import CheckHealth
from rag.services.collect_feedback import CollectFeedback
from rag.services.delete_document import DeleteDocument
from rag.services.finish_removals import FinishRemovals
from rag.services.inspect_chunks import InspectChunks
from rag.services.review_feedback import ReviewFeedback
from rag.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What can be done without the embedding model: look, list, delete, rate."""

    library: Library
    index: SearchIndex
    retriever: Retriever
    journal: Journal
    jobs: JobBoard
    leases: Leases
    clock: Clock
    database_url: str
    delete_document: DeleteDocument
    finish_removals: FinishRemovals
    inspect_chunks: InspectChunks
    collect_feedback: CollectFeedback
    review_feedback: ReviewFeedback
    check_golden_set: CheckGoldenSet
    check_health: CheckHealth


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """This will start what no server is named for, connect, and bring the schema up to date.

    Raises:
        UnavailableError: a server cannot be started or reached.
    """
    async with AsyncExitStack() as stack:
        database_url, engine_url = await _server_urls(settings, stack)
        await migrate(database_url)
        database = connect_postgres(
            signed(database_url), pool_size=settings.db_pool_size, max_overflow=settings.db_max_overflow
        )
        stack.push_async_callback(database.dispose)
        client = connect_qdrant(engine_url, api_key=settings.qdrant_api_key)
        stack.push_async_callback(client.close)
        yield _stores(
            database_url,
            library=PostgresLibrary(database),
            index=QdrantSearchIndex(client, lexical=LexicalRecipe()),
            journal=PostgresJournal(database),
            jobs=PostgresJobBoard(database),
        )


def _stores(
    database_url: str,
    *,
    library: PostgresLibrary,
    index: QdrantSearchIndex,
    journal: PostgresJournal,
    jobs: PostgresJobBoard,
) -> Stores:
    clock = SystemClock()
    leases = PostgresLeases(connect_for_leases(signed(database_url)))
    finish_removals = FinishRemovals(library=library, index=index)
    return Stores(
        library=library,
        index=index,
        retriever=index,
        journal=journal,
        jobs=jobs,
        leases=leases,
        clock=clock,
        database_url=database_url,
        delete_document=DeleteDocument(
            library=library, index=index, leases=leases, finish_removals=finish_removals
        ),
        finish_removals=finish_removals,
        inspect_chunks=InspectChunks(library=library),
        collect_feedback=CollectFeedback(journal=journal, clock=clock),
        review_feedback=ReviewFeedback(journal=journal, clock=clock),
        check_golden_set=CheckGoldenSet(library=library),
        check_health=CheckHealth(
            checks=(LibraryCheck(library), SearchCheck(library, index), IndexCheck(library, index)),
            library=library,
            clock=clock,
        ),
    )


async def _server_urls(settings: Settings, stack: AsyncExitStack) -> tuple[str, str]:
    """Give the database's and the engine's address, starting what is not named."""
    if settings.database_url and settings.qdrant_url:
        return settings.database_url, settings.qdrant_url
    servers = await asyncio.to_thread(
        EmbeddedServers.hold,
        settings.data_dir,
        postgres=not settings.database_url,
        engine=not settings.qdrant_url,
    )
    stack.callback(servers.close)
    return settings.database_url or str(servers.database_url), settings.qdrant_url or str(servers.engine_url)
