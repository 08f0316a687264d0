"""What can be done, and who does it?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Final

from rag.adapters.archives import FileArchives
from rag.adapters.embedder import LateInteractionReranker, LocalEmbedder, load_embedder
from rag.adapters.folders import FolderFinder
from rag.adapters.in_memory.journal import InMemoryJournal
from rag.adapters.parsers import FileParser
from rag.adapters.parsers.sidecars import SidecarFiles
from rag.adapters.postgres import (
    consume_jobs,
)
from rag.adapters.prometheus import PrometheusTelemetry
from rag.adapters.sentences import SyntokSentenceSplitter
from rag.bootstrap.judging import open_judge
from rag.bootstrap.rerankers import close_with, load_reranker, reranker_name
from rag.bootstrap.stores import Stores, open_stores
from rag.domain.recipe import LexicalRecipe, ModelIdentity
from rag.ports.files import FileFinder
from rag.ports.jobs import ConsumeJobs
from rag.ports.judging import AnswerJudge
from rag.ports.models import Reranker
from rag.ports.parsing import DocumentParser
from rag.ports.telemetry import Telemetry
from rag.services.ask import AskQuestion
from rag.services.catch_up_index import CatchUpIndex
from rag.services.describe_files import DescribeFiles
from rag.services.ensure_generation import EnsureGeneration
from rag.services.evaluate import EvaluateAnswers
from rag.services.expand_archives import ExpandArchives
from rag.services.gather_files import GatherFiles
from rag.services.grow_golden_set import PromoteQuery
from rag.services.ingest import IngestFiles
from rag.services.plan_sync import PlanSync
from rag.services.prepare_document import PrepareDocument
from rag.services.replay_question import ReplayQuestion
from rag.services.run_job import RunJob
from rag.services.search import SearchPassages
from rag.services.store_documents import StoreDocuments
from rag.services.sync_folder import SyncFolder
from rag.services.unpack_upload import UnpackUpload
from rag.services.verify_index import VerifyIndex
from rag.settings import Settings

VERSION = version("rag-system")
UNLOGGED_ENTRIES: Final = 1000  # far more than one session of a test set asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything that the interfaces translate to."""

    settings: Settings
    stores: Stores
    embedding_model: ModelIdentity
    files: FileFinder
    gather_files: GatherFiles
    plan_sync: PlanSync
    sync_folder: SyncFolder
    parser: DocumentParser
    telemetry: Telemetry
    ask: AskQuestion
    ask_unlogged: AskQuestion
    search: SearchPassages
    evaluate: EvaluateAnswers
    replay: ReplayQuestion
    promote_query: PromoteQuery
    ingest: IngestFiles
    catch_up_index: CatchUpIndex
    verify_index: VerifyIndex
    run_job: RunJob
    consume_jobs: ConsumeJobs


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[Application]:
    """This will open the stores, load the embedding model, and wire the services.

    Raises:
        ModelLoadError: the embedding model or the reranker's cannot be loaded.
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
            token_bytes=settings.token_cache_mib * 2**20,
        )
        stack.callback(embedder.close)
        reranker = await asyncio.to_thread(load_reranker, settings, embedder)
        close_with(stack, reranker)
        parser = FileParser(recognises_text=settings.recognises_text)
        stack.callback(parser.close)
        yield _application(
            settings, stores, _Models(embedder, reranker, open_judge(settings, stack)), parser=parser
        )


@dataclass(frozen=True, slots=True)
class _Models:
    """What embeds, what judges passages, and what judges answers."""

    embedder: LocalEmbedder
    reranker: Reranker | None
    judge: AnswerJudge | None


def _application(settings: Settings, stores: Stores, models: _Models, *, parser: FileParser) -> Application:
    telemetry = PrometheusTelemetry(version=VERSION)
    library, index, embedder = stores.library, stores.index, models.embedder
    search = _search(settings, stores, models)
    store, verify, catch_up = _upkeep(stores, embedder=embedder)
    ingest = _ingest(settings, stores, store, catch_up, embedder=embedder, parser=parser)
    archives = FileArchives(parser.reads)
    files = FolderFinder(reads=archives.is_wanted)
    ask = _ask(stores, search, embedder=embedder)
    unlogged = replace(ask, journal=InMemoryJournal(most=UNLOGGED_ENTRIES))
    stopped = asyncio.Event()
    run_job = _run_job(stores, ingest, archives, telemetry=telemetry, stopped=stopped)
    return Application(
        settings=settings,
        stores=stores,
        embedding_model=embedder.identity,
        files=files,
        gather_files=GatherFiles(expand=ExpandArchives(archives), describe=DescribeFiles(SidecarFiles())),
        plan_sync=PlanSync(library, files),
        sync_folder=SyncFolder(ingest=ingest, delete_document=stores.delete_document),
        parser=parser,
        telemetry=telemetry,
        ask=ask,
        ask_unlogged=unlogged,
        replay=ReplayQuestion(ask=unlogged, journal=stores.journal, library=library, index=index),
        promote_query=_promote_query(stores, search),
        search=search,
        evaluate=EvaluateAnswers(
            ask=unlogged, search=search, library=library, clock=stores.clock, judge=models.judge
        ),
        ingest=ingest,
        catch_up_index=catch_up,
        verify_index=verify,
        run_job=run_job,
        consume_jobs=partial(consume_jobs, stores.database_url, handle=run_job, stopped=stopped),
    )


def _search(settings: Settings, stores: Stores, models: _Models) -> SearchPassages:
    return SearchPassages(
        embedder=models.embedder,
        retriever=stores.retriever,
        library=stores.library,
        reranker=models.reranker,
        recipe=settings.ranking(reranker=reranker_name(models.reranker)),
    )


def _upkeep(stores: Stores, *, embedder: LocalEmbedder) -> tuple[StoreDocuments, VerifyIndex, CatchUpIndex]:
    library, index, leases, finish = stores.library, stores.index, stores.leases, stores.finish_removals
    store = StoreDocuments(
        library=library, index=index, embedder=embedder, leases=leases, finish_removals=finish
    )
    verify = VerifyIndex(library=library, index=index, leases=leases, store=store, finish_removals=finish)
    catch_up = CatchUpIndex(
        library=library, index=index, embedder=embedder, leases=leases, finish_removals=finish, verify=verify
    )
    return store, verify, catch_up


def _promote_query(stores: Stores, search: SearchPassages) -> PromoteQuery:
    return PromoteQuery(
        journal=stores.journal, search=search, splitter=SyntokSentenceSplitter(), clock=stores.clock
    )


def _run_job(
    stores: Stores,
    ingest: IngestFiles,
    archives: FileArchives,
    *,
    telemetry: Telemetry,
    stopped: asyncio.Event,
) -> RunJob:
    return RunJob(
        jobs=stores.jobs,
        ingest=ingest,
        telemetry=telemetry,
        unpack=UnpackUpload(ExpandArchives(archives)),
        describe=DescribeFiles(SidecarFiles()),
        halted=stopped.is_set,
    )


def _ask(stores: Stores, search: SearchPassages, *, embedder: LocalEmbedder) -> AskQuestion:
    return AskQuestion(
        search=search,
        splitter=SyntokSentenceSplitter(),
        reranker=LateInteractionReranker(embedder),
        embedder=embedder,
        library=stores.library,
        journal=stores.journal,
        clock=stores.clock,
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
