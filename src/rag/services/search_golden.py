"""Ask golden questions of the search in this process."""

from dataclasses import dataclass

from rag.domain.canary import FoundText
from rag.domain.question import Question
from rag.ports.canary import Found
from rag.ports.clock import Clock
from rag.ports.library import Library
from rag.services.search import SearchPassages
from rag.services.stages import StageTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchGolden:
    """A `rag.ports.canary.GoldenSearch` that needs no service."""

    search: SearchPassages
    library: Library
    clock: Clock

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """This will find at most `top_k` passages.

        Raises:
            UnavailableError: a part that no search can do without is missing.
            IndexMismatchError: what was found was embedded by another model than ours.
        """
        passages = await self.search(Question.of(question, top_k=top_k), timer=StageTimer(self.clock))
        generation = passages[0].generation if passages else await self._generation()
        return Found(generation, [FoundText(one.source, one.chunk.text) for one in passages])

    async def _generation(self) -> str | None:
        """Name the index in use, or None where there is no document that it could hold."""
        live = await self.library.live_generation()
        return live.name if live and (await self.library.counts()).documents else None
