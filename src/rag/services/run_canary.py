"""Ask golden questions of a service in use, and see whether it still finds their answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final, Protocol

from rag.domain.canary import DEPTH, CanaryRun, FoundText, recall_of
from rag.domain.errors import RagError
from rag.domain.golden import Case
from rag.ports.clock import Clock

# A question is followed by this many times as long a rest: a canary is busy at most 4 % of the time.
REST: Final = 25.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search replied.

    Attributes:
        generation: the index that was searched; None where nothing was found.
    """

    generation: str | None
    passages: Sequence[FoundText]


class Search(Protocol):
    """A search, wherever it runs."""

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """This will find at most `top_k` passages.

        Raises:
            RagError: there is no reply.
        """


@dataclass(slots=True)
class _Tally:
    """What has been seen so far."""

    recalls: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    generations: set[str] = field(default_factory=set)
    failures: int = 0

    def add(self, case: Case, found: Found) -> None:
        if found.generation is None:  # nothing is ingested yet, so nothing can be said of the quality
            return
        self.generations.add(found.generation)
        self.recalls.append(recall_of(case, found.passages))
        if self.recalls[-1] < 1:
            self.missed.append(case.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCanary:
    """Ask one question at a time; one that fails is counted, and the others are asked all the same.

    Attributes:
        rest: how many times as long as a question took nothing is asked after it.
    """

    search: Search
    clock: Clock
    rest: float = REST

    async def __call__(self, cases: Sequence[Case], *, failed: Callable[[Case, RagError], None]) -> CanaryRun:
        """This will ask all questions once, and tell `failed` of each that got no reply."""
        tally = _Tally()
        for case in cases:
            began = self.clock.seconds()
            try:
                tally.add(case, await self.search(case.question, top_k=DEPTH))
            except RagError as error:
                tally.failures += 1
                failed(case, error)
            if self.rest:
                await asyncio.sleep(self.rest * (self.clock.seconds() - began))
        return CanaryRun(
            questions=len(cases),
            failures=tally.failures,
            recall=fmean(tally.recalls) if tally.recalls else None,
            generation=tally.generations.pop() if len(tally.generations) == 1 else None,
            missed=tuple(tally.missed),
        )
