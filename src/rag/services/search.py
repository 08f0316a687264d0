"""Find the passages that are worth reading for a question."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.domain.question import Question
from rag.domain.ranking import FusedCandidate, Passage, Ranking, fuse
from rag.ports.library import Library
from rag.ports.models import Embedder, Vectors
from rag.ports.search import IndexMissingError, Retriever
from rag.services.stages import StageTimer
from rag.services.verify_model import verify_model


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPassages:
    """Retrieve widely by vector and by words, fuse, then read the texts.

    Attributes:
        candidates: how many chunks each ranking is asked for.
    """

    embedder: Embedder
    retriever: Retriever
    library: Library
    candidates: int = 50
    _verified: set[str] = field(default_factory=set, init=False)

    async def __call__(self, question: Question, *, timer: StageTimer) -> Sequence[Passage]:
        """This will give at most `question.top_k` passages, best first.

        A candidate that PostgreSQL does not know (a document on its way in or out) is passed over, and the
        next one takes its place.

        Raises:
            EmbedderUnavailableError, SearchUnavailableError, IndexMissingError, LibraryUnavailableError.
            IndexMismatchError: what was found was embedded by another model than ours.
        """
        with timer.stage("embed"):
            vector = await self.embedder.embed_question(question.text)
        with timer.stage("retrieve"):
            limit = max(self.candidates, question.top_k)
            rankings = await self._rankings(question, vector, limit=limit)
        with timer.stage("fuse"):
            fused = fuse(rankings, limit=2 * limit)
        with timer.stage("read"):
            passages = await self._read(fused, wanted=question.top_k)
            await self._verify({passage.generation for passage in passages})
        return passages

    async def _rankings(self, question: Question, vector: Vectors, *, limit: int) -> Sequence[Ranking]:
        try:
            return await self.retriever.search(question.text, vector, limit=limit, filter_by=question.filter)
        except IndexMissingError:
            if await self.library.live_generation() is None:  # nothing is lost: there are no documents yet
                return ()
            raise

    async def _read(self, fused: Sequence[FusedCandidate], *, wanted: int) -> Sequence[Passage]:
        passages: list[Passage] = []
        # Nearly always one trip suffices; more are needed only while many documents are being replaced.
        for start in range(0, len(fused), 2 * wanted):
            passages += await self.library.passages(fused[start : start + 2 * wanted])
            if len(passages) >= wanted:
                break
        return passages[:wanted]

    async def _verify(self, generations: set[str]) -> None:
        """Compare models once a generation: another process may have made another one live meanwhile."""
        if generations <= self._verified:
            return
        for generation in await self.library.generations():
            if generation.name in generations:
                verify_model(generation, ours=self.embedder.identity)
        self._verified.update(generations)
