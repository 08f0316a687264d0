"""Ask golden questions of a service in use, and see whether it still finds their answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

from rag.domain.canary import DEPTH, CanaryRun, recall_of
from rag.domain.errors import RagError
from rag.domain.golden import Case
from rag.ports.canary import Found, GoldenSearch
from rag.ports.clock import Clock

# A question is followed by this many times as long a rest: a canary is busy at most 4 % of the time, until
# the longest rest is reached. A service that hangs is asked again all the same, and soon.
REST: Final = 25.0
LONGEST_REST_SECONDS: Final = 10.0
FAILURES_IN_A_ROW: Final = 5


@dataclass(slots=True)
class _Tally:
    """What has been seen so far."""

    recalls: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    generations: set[str] = field(default_factory=set)
    asked: int = 0
    failures: int = 0
    in_a_row: int = 0

    def add(self, case: Case, found: Found) -> None:
        self.asked += 1
        self.in_a_row = 0
        if found.generation is None:  # there are no documents, so nothing can be said of the quality
            return
        self.generations.add(found.generation)
        self.recalls.append(recall_of(case, found.passages))
        if self.recalls[-1] < 1:
            self.missed.append(case.id)

    def fail(self) -> None:
        self.asked += 1
        self.failures += 1
        self.in_a_row += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCanary:
    """Ask one question at a time; one that fails is counted, and after five in a row the run is given up.

    Attributes:
        rest: how many times as long as a question took nothing is asked after it.
        longest_rest: seconds of rest at most.
    """

    search: GoldenSearch
    clock: Clock
    rest: float = REST
    longest_rest: float = LONGEST_REST_SECONDS

    async def __call__(self, cases: Sequence[Case], *, failed: Callable[[Case, RagError], None]) -> CanaryRun:
        """This will ask all questions once, and tell `failed` of each that got no reply."""
        tally = _Tally()
        for case in cases:
            began = self.clock.seconds()
            try:
                tally.add(case, await self.search(case.question, top_k=DEPTH))
            except RagError as error:
                tally.fail()
                failed(case, error)
            if tally.in_a_row == FAILURES_IN_A_ROW:
                break
            if self.rest:
                await asyncio.sleep(min(self.rest * (self.clock.seconds() - began), self.longest_rest))
        return CanaryRun(
            questions=tally.asked,
            failures=tally.failures,
            unasked=len(cases) - tally.asked,
            recall=fmean(tally.recalls) if tally.recalls else None,
            generation=tally.generations.pop() if len(tally.generations) == 1 else None,
            missed=tuple(tally.missed),
        )
