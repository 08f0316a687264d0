"""The HTTP interface over the in-memory adapters, for tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from fastapi import FastAPI

from rag.adapters.archives import FileArchives
from rag.adapters.folders import FolderFinder
from rag.adapters.health_checks import LibraryCheck, SearchCheck
from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.adapters.in_memory.journal import InMemoryJournal
from rag.adapters.parsers.sidecars import SidecarFiles
from rag.adapters.prometheus import PrometheusTelemetry
from rag.bootstrap import Application, Stores, load_settings
from rag.interfaces.http.app import create_app
from rag.ports.health import HealthCheck
from rag.ports.jobs import ConsumeJobs
from rag.ports.models import Reranker
from rag.ports.search import SearchUnavailableError
from rag.services.ask import AskQuestion
from rag.services.check_golden_set import CheckGoldenSet
from rag.services.check_health import CheckHealth
from rag.services.collect_feedback import CollectFeedback
from rag.services.delete_document import DeleteDocument
from rag.services.describe_files import DescribeFiles
from rag.services.evaluate import EvaluateAnswers
from rag.services.expand_archives import ExpandArchives
from rag.services.gather_files import GatherFiles
from rag.services.grow_golden_set import PromoteQuery
from rag.services.inspect_chunks import InspectChunks
from rag.services.plan_sync import PlanSync
from rag.services.replay_question import ReplayQuestion
from rag.services.review_feedback import ReviewFeedback
from rag.services.sync_folder import SyncFolder
from tests.support.job_runs import job_runner
from tests.support.workbench import LineParser, LineSplitter, OverlapReranker, Workbench, file

NIGHTLY = "A backup runs every night at two."
QUESTION = "when does a backup run every night"
FILES = (
    file("guides/backup.md", NIGHTLY, metadata={"team": "storage"}),
    file("alerts.md", "An alert pages the engineer on call.", metadata={"team": "operations"}),
)


async def _leave_jobs_alone(*, until_empty: bool = False) -> None:
    """Return: a test runs its jobs when it wants to."""
    assert not until_empty


class OptionalPart:
    """A part that can be missing without questions going unanswered."""

    name = "extra"
    needed = False

    async def check(self) -> str:
        """Say that it is away."""
        raise SearchUnavailableError("The extra part does not answer.")


@dataclass
class Stand:
    """The application that is served, every part of it in reach of the test."""

    bench: Workbench = field(default_factory=Workbench)
    jobs: InMemoryJobBoard = field(default_factory=InMemoryJobBoard)
    telemetry: PrometheusTelemetry = field(default_factory=lambda: PrometheusTelemetry(version="test"))
    reranker: Reranker = field(default_factory=OverlapReranker)
    settings: Mapping[str, str] = field(default_factory=dict)
    further_checks: Sequence[HealthCheck] = ()
    consume_jobs: ConsumeJobs = _leave_jobs_alone

    def application(self) -> Application:
        """Wire the services to the fakes."""
        bench, ingest = self.bench, self.bench.ingest()
        search = bench.search()
        ask = self._ask()
        unlogged = replace(ask, journal=InMemoryJournal())
        files = FolderFinder(reads=LineParser().reads)
        return Application(
            settings=load_settings(self.settings),
            stores=self._stores(),
            embedding_model=bench.embedder.identity,
            files=files,
            gather_files=GatherFiles(
                expand=ExpandArchives(FileArchives(LineParser().reads)),
                describe=DescribeFiles(SidecarFiles()),
            ),
            plan_sync=PlanSync(bench.library, files),
            sync_folder=SyncFolder(ingest=ingest, delete_document=self._stores().delete_document),
            parser=LineParser(),
            telemetry=self.telemetry,
            ask=ask,
            ask_unlogged=unlogged,
            replay=ReplayQuestion(
                ask=unlogged, journal=bench.journal, library=bench.library, index=bench.index
            ),
            promote_query=PromoteQuery(
                journal=bench.journal, search=search, splitter=LineSplitter(), clock=bench.clock
            ),
            search=search,
            evaluate=EvaluateAnswers(ask=unlogged, search=search, library=bench.library, clock=bench.clock),
            ingest=ingest,
            catch_up_index=bench.catch_up(),
            verify_index=bench.verify_index(),
            run_job=replace(job_runner(bench, self.jobs), telemetry=self.telemetry),
            consume_jobs=self.consume_jobs,
        )

    def _ask(self) -> AskQuestion:
        return replace(self.bench.ask(), reranker=self.reranker)

    def _stores(self) -> Stores:
        bench = self.bench
        checks: list[HealthCheck] = [LibraryCheck(bench.library), SearchCheck(bench.library, bench.index)]
        return Stores(
            library=bench.library,
            index=bench.index,
            retriever=bench.search().retriever,
            journal=bench.journal,
            jobs=self.jobs,
            leases=bench.leases,
            clock=bench.clock,
            database_url="postgresql://unused",
            delete_document=DeleteDocument(
                library=bench.library,
                index=bench.index,
                leases=bench.leases,
                finish_removals=bench.finish_removals(),
            ),
            finish_removals=bench.finish_removals(),
            inspect_chunks=InspectChunks(library=bench.library),
            check_golden_set=CheckGoldenSet(library=bench.library),
            collect_feedback=CollectFeedback(journal=bench.journal, clock=bench.clock),
            review_feedback=ReviewFeedback(journal=bench.journal, clock=bench.clock),
            check_health=CheckHealth(
                checks=(*checks, *self.further_checks), library=bench.library, clock=bench.clock
            ),
        )

    def app(self) -> FastAPI:
        """Make the ASGI app."""
        return create_app(self.application())

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Give a client of the app, after the files are taken in."""
        await self.bench.take_in(*FILES)
        async with client_of(self.app()) as client:
            yield client

    def count(self, name: str, **labels: str) -> float:
        """Read one figure of the metrics; 0 where it is absent."""
        return self.telemetry.registry.get_sample_value(name, labels) or 0.0


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Give a client that reaches the app in process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rag.test")


def is_problem(reply: httpx.Response, *, status: int, code: str) -> dict[str, Any]:
    """Assert that a reply is a whole problem document, and give it."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"] == f"urn:rag:problem:{code}"
    assert problem["request_id"] == reply.headers["x-request-id"]
    assert all(problem[member] for member in ("title", "detail", "advice"))
    assert ("retry-after" in reply.headers) == (status == 503)
    return problem


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, five seconds at most."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event to wait for
            await asyncio.sleep(0.001)


def events_of(body: str) -> list[tuple[str, dict[str, Any]]]:
    """Take a stream of events apart; comments are left out."""
    events = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events
