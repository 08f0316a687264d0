"""Find the passages that are worth reading for a question."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.domain.question import Question
from rag.domain.ranking import FusedCandidate, Passage, Ranking, fuse
from rag.domain.recipe import RankingRecipe
from rag.domain.repetition import distinct
from rag.domain.reranking import RERANK, RERANKED, rerank, wants_reranking
from rag.ports.library import Library
from rag.ports.models import Embedder, Reranker, RerankerUnavailableError, Vectors
from rag.ports.search import IndexMissingError, Retriever
from rag.services.stages import StageTimer
from rag.services.verify_model import verify_model


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPassages:
    """Retrieve widely by vector and by words, fuse, read the texts, and have the best judged once more.

    Attributes:
        reranker: what judges them; None leaves the fused order.
        candidates: how many chunks each ranking is asked for.
        generation: the build of the index that is searched; None is the live one.
    """

    embedder: Embedder
    retriever: Retriever
    library: Library
    reranker: Reranker | None = None
    recipe: RankingRecipe = field(default_factory=RankingRecipe)
    candidates: int = 50
    generation: str | None = None
    _verified: set[str] = field(default_factory=set, init=False)

    async def __call__(
        self, question: Question, *, timer: StageTimer, repeated: bool = True
    ) -> Sequence[Passage]:
        """This will give at most `question.top_k` passages, best first.

        A candidate that PostgreSQL does not know (a document on its way in or out) is passed over, and the
        next one takes its place. Without `repeated`, so is a passage that says again what a better one says.

        Where the reranker is away, the fused order stays, and no passage has a score of its.

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
            fused = fuse(rankings, limit=2 * limit, recipe=self.recipe)
        reranker = self.reranker if wants_reranking(question.rerank, lead=fused.lead) else None
        with timer.stage("read"):
            wanted = max(question.top_k, RERANKED if reranker or not repeated else 0)
            passages = await self._read(fused.candidates, wanted=wanted)
            await self._verify({passage.generation for passage in passages})
        if reranker:
            with timer.stage(RERANK):
                passages = await self._judged(reranker, question, passages)
        return passages[: question.top_k] if repeated else distinct(passages, limit=question.top_k)

    async def _rankings(self, question: Question, vector: Vectors, *, limit: int) -> Sequence[Ranking]:
        try:
            return await self.retriever.search(
                question.text, vector, limit=limit, filter_by=question.filter, generation=self.generation
            )
        except IndexMissingError:
            if await self.library.live_generation() is None:  # nothing is lost: there are no documents yet
                return ()
            raise

    async def _judged(
        self, reranker: Reranker, question: Question, passages: Sequence[Passage]
    ) -> Sequence[Passage]:
        texts = [passage.chunk.text for passage in passages[:RERANKED]]
        try:
            scores = await reranker.score(question.text, texts)
        except RerankerUnavailableError:
            return passages  # the fused order is an order too
        return rerank(passages, scores, weight=self.recipe.rerank_weight)

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
