"""Which fixtures have the tests of the HTTP interface?"""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import structlog
from structlog.typing import EventDict

from tests.interfaces.http.stand import Stand


@pytest.fixture
def stand() -> Stand:
    """A stand whose parts a test may replace before it asks for a client."""
    return Stand()


@pytest.fixture
async def client(stand: Stand) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that knows two documents."""
    async with stand.client() as client:
        yield client


@pytest.fixture
def log_lines() -> Iterator[list[EventDict]]:
    """Every line that is logged while the test runs, whatever level a command before it has set."""
    before = structlog.get_config()
    structlog.reset_defaults()
    with structlog.testing.capture_logs() as lines:
        yield lines
    structlog.configure(**before)
