"""Which questions does a canary ask, and what does it take to ask them?"""

from pathlib import Path

from rag.adapters.system_clock import SystemClock
from rag.adapters.test_sets import FileTestSets
from rag.domain.canary import canary_cases
from rag.domain.golden import Case
from rag.services.run_canary import REST, RunCanary, Search


def read_canary_cases(path: Path) -> tuple[Case, ...]:
    """This will choose the questions of a test set that a canary can judge; it blocks on the disk.

    Raises:
        NoSuchPathError: there is nothing at `path`.
        InvalidTestSetError: it is malformed, or has no question for a canary.
    """
    return canary_cases(FileTestSets().read(path))


def canary_over(search: Search, *, rest: float = REST) -> RunCanary:
    """This will make a canary that asks `search`, and rests `rest` times as long as each question took."""
    return RunCanary(search=search, clock=SystemClock(), rest=rest)
