"""Ask a past question again, of the index that it had and of today's, and compare the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from rag.domain.comparison import AnswerDifference, difference
from rag.domain.question import RerankMode
from rag.ports.journal import Feedback, Journal, QueryRecord
from rag.ports.library import GenerationState, Library
from rag.ports.search import SearchIndex
from rag.services.ask import AskQuestion
from rag.services.review_feedback import asked_again

REPLAY_REQUEST = "replay"


@dataclass(frozen=True, slots=True)
class Rerun:
    """The question answered once more.

    Attributes:
        difference: how the answer differs from the one in the query log.
    """

    record: QueryRecord
    difference: AnswerDifference


@dataclass(frozen=True, slots=True)
class Replay:
    """A past answer beside those of the same index and of today's.

    Attributes:
        then: the answer as the query log has it.
        ratings: what people thought of it.
        as_then: what the same generation and ranking answer now; None where that cannot be done.
        why_not: why it cannot be done, in a sentence; None where it was.
        now: what is answered today.
    """

    then: QueryRecord
    ratings: Sequence[Feedback]
    as_then: Rerun | None
    why_not: str | None
    now: Rerun


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayQuestion:
    """Read an entry of the query log and answer its question again; nothing is written.

    Attributes:
        ask: what answers now; it must not write to the query log.
    """

    ask: AskQuestion
    journal: Journal
    library: Library
    index: SearchIndex

    async def __call__(self, query_log_id: UUID) -> Replay:
        """This will give the past answer, the same index's answer and today's.

        A question that leaned on earlier ones is asked as it was read then.

        Raises:
            UnknownQueryLogError: there is no such entry.
            UnavailableError: a part that no answer can do without is missing.
        """
        then = await self.journal.query(query_log_id)
        why_not = await self._why_not(then)
        return Replay(
            then=then,
            ratings=await self.journal.ratings_of(query_log_id),
            as_then=None if why_not else await self._rerun(then, self._asked_as_then(then)),
            why_not=why_not,
            now=await self._rerun(then, self.ask),
        )

    async def _rerun(self, then: QueryRecord, ask: AskQuestion) -> Rerun:
        question = asked_again(then)
        if ask is not self.ask:
            # What decides whether to judge again may have changed since: do what was done.
            question = replace(question, rerank=RerankMode.ALWAYS if then.reranked else RerankMode.NEVER)
        record = await ask(question, request_id=REPLAY_REQUEST)
        return Rerun(record, difference(then.answer, record.answer))

    def _asked_as_then(self, then: QueryRecord) -> AskQuestion:
        assert then.ranking is not None  # noqa: S101 - says to the type checker what `_why_not` has seen
        search = replace(self.ask.search, generation=then.generation, recipe=then.ranking)
        return replace(self.ask, search=search)

    async def _why_not(self, then: QueryRecord) -> str | None:
        """Say in a sentence why the index of then cannot be asked, or None where it can."""
        if then.generation is None:
            return "There was no index when it was asked."
        loaded = self.ask.embedder.identity.key
        if then.model != loaded:
            return f"It was answered with the embedding model {then.model}, and {loaded} is loaded now."
        if not await self._is_kept(then.generation):
            return f"The index {then.generation} is no longer kept."
        if then.ranking is None:
            return "It was ranked by an earlier release, in a way that is not known any more."
        judge, loaded_judge = then.ranking.reranker, self.ask.search.recipe.reranker
        if then.reranked and judge != loaded_judge:
            return f"Its passages were judged by the reranker {judge}, and {loaded_judge} is loaded now."
        return None

    async def _is_kept(self, generation: str) -> bool:
        known = {
            one.name for one in await self.library.generations() if one.state is not GenerationState.RETIRED
        }
        return generation in known and generation in await self.index.generations()
