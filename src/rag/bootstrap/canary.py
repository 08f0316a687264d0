"""Which questions does a canary ask, and what does it take to ask them?"""

from pathlib import Path

import httpx

from rag.adapters.search_over_http import SearchOverHttp
from rag.adapters.system_clock import SystemClock
from rag.adapters.test_sets import FileTestSets
from rag.bootstrap.application import Application
from rag.domain.canary import canary_cases
from rag.domain.golden import Case
from rag.services.run_canary import REST, RunCanary
from rag.services.search_golden import SearchGolden


def read_canary_cases(path: Path) -> tuple[Case, ...]:
    """This will choose the questions of a test set that a canary can judge; it blocks on the disk.

    Raises:
        NoSuchPathError: there is nothing at `path`.
        InvalidTestSetError: it is malformed, or has no question for a canary.
    """
    return canary_cases(FileTestSets().read(path))


def canary_over_http(client: httpx.AsyncClient, *, rest: float = REST) -> RunCanary:
    """This will make a canary that asks a service, and rests `rest` times as long as each question took."""
    return RunCanary(search=SearchOverHttp(client), clock=SystemClock(), rest=rest)


def canary_here(application: Application) -> RunCanary:
    """This will make a canary that asks this process without any rest."""
    stores = application.stores
    search = SearchGolden(search=application.search, library=stores.library, clock=stores.clock)
    return RunCanary(search=search, clock=SystemClock(), rest=0.0)
