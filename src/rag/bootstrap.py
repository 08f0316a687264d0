"""Who implements what? Wiring, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from rag.adapters.embedded import EmbeddedServers
from rag.adapters.embedder import LateInteractionReranker, LocalEmbedder, load_embedder
from rag.adapters.folders import FolderFinder
from rag.adapters.health_checks import IndexCheck, LibraryCheck, SearchCheck
from rag.adapters.parsers import FileParser
from rag.adapters.postgres import (
    PostgresJobBoard,
    PostgresJournal,
    PostgresLeases,
    PostgresLibrary,
    connect_for_leases,
    consume_jobs,
    migrate,
)
from rag.adapters.postgres import connect as connect_postgres
from rag.adapters.prometheus import PrometheusTelemetry
from rag.adapters.qdrant import QdrantSearchIndex
from rag.adapters.qdrant import connect as connect_qdrant
from rag.adapters.sentences import SyntokSentenceSplitter
from rag.adapters.system_clock import SystemClock
from rag.domain.recipe import LexicalRecipe, ModelIdentity
from rag.ports.clock import Clock
from rag.ports.files import FileFinder
from rag.ports.jobs import JobBoard
from rag.ports.journal import Journal
from rag.ports.leases import Leases
from rag.ports.library import Library
from rag.ports.parsing import DocumentParser
from rag.ports.search import Retriever, SearchIndex
from rag.ports.telemetry import Telemetry
from rag.services.ask import AskQuestion
from rag.services.catch_up_index import CatchUpIndex
from rag.services.check_health import CheckHealth
from rag.services.collect_feedback import CollectFeedback
from rag.services.delete_document import DeleteDocument
from rag.services.ensure_generation import EnsureGeneration
from rag.services.finish_removals import FinishRemovals
from rag.services.ingest import IngestFiles
from rag.services.inspect_chunks import InspectChunks
from rag.services.prepare_document import PrepareDocument
from rag.services.run_job import RunJob
from rag.services.search import SearchPassages
from rag.services.store_documents import StoreDocuments
from rag.settings import Settings, load_settings

__all__ = [
    "VERSION",
    "Application",
    "PrometheusTelemetry",
    "Settings",
    "Stores",
    "load_settings",
    "open_application",
    "open_stores",
]

VERSION = version("rag-system")


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
    check_health: CheckHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything that the interfaces translate to."""

    settings: Settings
    stores: Stores
    embedding_model: ModelIdentity
    files: FileFinder
    parser: DocumentParser
    telemetry: Telemetry
    ask: AskQuestion
    search: SearchPassages
    ingest: IngestFiles
    catch_up_index: CatchUpIndex
    run_job: RunJob
    consume_jobs: Callable[[], Awaitable[None]]


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
            database_url, pool_size=settings.db_pool_size, max_overflow=settings.db_max_overflow
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
    leases = PostgresLeases(connect_for_leases(database_url))
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


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[Application]:
    """This will open the stores, load the embedding model, and wire the services.

    Raises:
        ModelLoadError: the embedding model cannot be loaded.
        UnavailableError: a server cannot be started or reached.
    """
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings))
        embedder = await asyncio.to_thread(
            load_embedder,
            settings.embedding_model,
            batch_size=settings.batch_size,
            threads=settings.inference_threads,
            cache_dir=settings.data_dir / "models",
        )
        stack.callback(embedder.close)
        parser = FileParser()
        stack.callback(parser.close)
        yield _application(settings, stores, embedder=embedder, parser=parser)


def _application(
    settings: Settings, stores: Stores, *, embedder: LocalEmbedder, parser: FileParser
) -> Application:
    telemetry = PrometheusTelemetry(version=VERSION)
    library, index, leases = stores.library, stores.index, stores.leases
    search = SearchPassages(embedder=embedder, retriever=stores.retriever, library=library)
    store = StoreDocuments(
        library=library,
        index=index,
        embedder=embedder,
        leases=leases,
        finish_removals=stores.finish_removals,
    )
    catch_up = CatchUpIndex(library=library, index=index, embedder=embedder, leases=leases, store=store)
    ingest = _ingest(settings, stores, store, catch_up, embedder=embedder, parser=parser)
    run_job = RunJob(jobs=stores.jobs, ingest=ingest, telemetry=telemetry)
    return Application(
        settings=settings,
        stores=stores,
        embedding_model=embedder.identity,
        files=FolderFinder(reads=parser.reads),
        parser=parser,
        telemetry=telemetry,
        ask=AskQuestion(
            search=search,
            splitter=SyntokSentenceSplitter(),
            reranker=LateInteractionReranker(embedder),
            embedder=embedder,
            library=stores.library,
            journal=stores.journal,
            clock=stores.clock,
            floor=settings.answer_floor,
        ),
        search=search,
        ingest=ingest,
        catch_up_index=catch_up,
        run_job=run_job,
        consume_jobs=partial(consume_jobs, stores.database_url, handle=run_job),
    )


def _ingest(
    settings: Settings,
    stores: Stores,
    store: StoreDocuments,
    catch_up: CatchUpIndex,
    *,
    embedder: LocalEmbedder,
    parser: FileParser,
) -> IngestFiles:
    return IngestFiles(
        library=stores.library,
        ensure_generation=EnsureGeneration(
            library=stores.library,
            index=stores.index,
            embedder=embedder,
            leases=stores.leases,
            catch_up=catch_up,
            chunking=settings.chunking,
            lexical=LexicalRecipe(),
        ),
        prepare=PrepareDocument(
            parser=parser, splitter=SyntokSentenceSplitter(), tokenizer=embedder, clock=stores.clock
        ),
        store=store,
        clock=stores.clock,
    )
