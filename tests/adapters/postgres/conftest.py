"""What the tests of PostgreSQL share."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from rag.adapters.postgres import PostgresJobBoard


@pytest.fixture
def board(pool: AsyncEngine) -> PostgresJobBoard:
    """An empty job board."""
    return PostgresJobBoard(pool)
