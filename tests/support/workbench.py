"""The services wired to the in-memory adapters, for unit tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rag.adapters.in_memory.embedder import InMemoryEmbedder
from rag.adapters.in_memory.journal import InMemoryJournal
from rag.adapters.in_memory.leases import InMemoryLeases
from rag.adapters.in_memory.library import InMemoryLibrary
from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.documents import ParsedDocument
from rag.domain.recipe import ChunkingRecipe, LexicalRecipe, RankingRecipe
from rag.ports.files import Description, SourceFile
from rag.ports.library import Library
from rag.ports.models import Reranker
from rag.ports.parsing import EmptyDocumentError
from rag.ports.search import SearchIndex
from rag.services.ask import AskQuestion
from rag.services.catch_up_index import CatchUpIndex
from rag.services.ensure_generation import EnsureGeneration
from rag.services.finish_removals import FinishRemovals
from rag.services.ingest import FileOutcome, IngestFiles
from rag.services.prepare_document import PrepareDocument
from rag.services.search import SearchPassages
from rag.services.store_documents import StoreDocuments
from rag.services.verify_index import VerifyIndex


class TickingClock:
    """A clock on which a millisecond passes whenever somebody looks."""

    def __init__(self) -> None:
        self._ticks = 0

    def now(self) -> datetime:
        """Give a time that grows."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Give a count that grows by a thousandth."""
        self._ticks += 1
        return self._ticks / 1000


class LineParser:
    """Reads every file as text; an empty one is refused."""

    def reads(self, name: str) -> bool:
        """Accept every name."""
        return bool(name)

    async def parse(self, name: str, content: bytes) -> ParsedDocument:
        """Decode UTF-8."""
        text = content.decode()
        if not text.strip():
            raise EmptyDocumentError(f"{name} holds no text.")
        return ParsedDocument(text=text, media_type="text/plain")


class LineSplitter:
    """Takes every line for a sentence."""

    def sentence_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Give the spans of non-empty lines."""
        spans, start = [], 0
        for line in text.split("\n"):
            if line.strip():
                spans.append((start, start + len(line)))
            start += len(line) + 1
        return spans


class OverlapReranker:
    """Scores a text by the share of the question's words in it."""

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Count common words."""
        asked = set(question.lower().split())
        return [len(asked & set(text.lower().split())) / len(asked) for text in texts]


def file(source: str, text: str, *, metadata: dict[str, str] | None = None) -> SourceFile:
    """Make a file that holds `text`."""
    return SourceFile(
        source=source,
        place=f"/docs/{source}",
        file_path=f"/docs/{source}",
        read=text.encode,
        description=Description(metadata=metadata or {}),
    )


@dataclass
class Workbench:
    """Every fake, and the services over them; replace a part before asking for a service."""

    library: Library = field(default_factory=InMemoryLibrary)
    index: SearchIndex = field(default_factory=InMemorySearchIndex)
    journal: InMemoryJournal = field(default_factory=InMemoryJournal)
    embedder: InMemoryEmbedder = field(default_factory=InMemoryEmbedder)
    leases: InMemoryLeases = field(default_factory=InMemoryLeases)
    clock: TickingClock = field(default_factory=TickingClock)
    found_in: InMemorySearchIndex | None = None
    reranker: Reranker | None = None

    def finish_removals(self) -> FinishRemovals:
        """Make the service that takes out of the index what is gone."""
        return FinishRemovals(library=self.library, index=self.index)

    def store(self) -> StoreDocuments:
        """Make the service that makes documents searchable."""
        return StoreDocuments(
            library=self.library,
            index=self.index,
            embedder=self.embedder,
            leases=self.leases,
            finish_removals=self.finish_removals(),
        )

    def catch_up(self) -> CatchUpIndex:
        """Make the service that puts the index right."""
        return CatchUpIndex(
            library=self.library,
            index=self.index,
            embedder=self.embedder,
            leases=self.leases,
            finish_removals=self.finish_removals(),
            verify=self.verify_index(),
        )

    def verify_index(self) -> VerifyIndex:
        """Make the service that compares the index with the library."""
        return VerifyIndex(
            library=self.library,
            index=self.index,
            leases=self.leases,
            store=self.store(),
            finish_removals=self.finish_removals(),
        )

    def ensure_generation(self) -> EnsureGeneration:
        """Make the service that finds or makes the live generation."""
        return EnsureGeneration(
            library=self.library,
            index=self.index,
            embedder=self.embedder,
            leases=self.leases,
            catch_up=self.catch_up(),
            chunking=ChunkingRecipe(size_tokens=16, overlap_tokens=0),
            lexical=LexicalRecipe(),
        )

    def ingest(self) -> IngestFiles:
        """Make the service that takes files in."""
        return IngestFiles(
            library=self.library,
            ensure_generation=self.ensure_generation(),
            prepare=PrepareDocument(
                parser=LineParser(), splitter=LineSplitter(), tokenizer=self.embedder, clock=self.clock
            ),
            store=self.store(),
            clock=self.clock,
            group_chunks=3,
        )

    def search(self, *, floor: float = 0.01) -> SearchPassages:
        """Make the service that finds passages."""
        retriever = self.found_in or self.index
        assert isinstance(retriever, InMemorySearchIndex)
        return SearchPassages(
            embedder=self.embedder,
            retriever=retriever,
            library=self.library,
            reranker=self.reranker,
            recipe=RankingRecipe(floor=floor),
        )

    def ask(self, *, floor: float = 0.01) -> AskQuestion:
        """Make the service that answers."""
        return AskQuestion(
            search=self.search(floor=floor),
            splitter=LineSplitter(),
            reranker=OverlapReranker(),
            embedder=self.embedder,
            library=self.library,
            journal=self.journal,
            clock=self.clock,
        )

    async def take_in(self, *files: SourceFile) -> list[FileOutcome]:
        """Ingest files and give what became of them."""
        return [outcome async for outcome in self.ingest()(files)]
