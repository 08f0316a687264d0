"""Is a document stored all or nothing, whatever happens in the middle?"""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rag.adapters.postgres import PostgresLibrary
from rag.ports.library import LibraryUnavailableError
from tests.support.books import RECIPE, candidates, cut, document

WAITING = text(
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def _waiting_backend(connection: AsyncConnection) -> int:
    """Give the one backend that waits for a lock, once there is one."""
    for _ in range(1000):
        if (pid := await connection.scalar(WAITING)) is not None:
            return int(pid)
        await asyncio.sleep(0.01)
    raise TimeoutError("nobody waits")


@pytest.mark.parametrize("ending", ["terminated", "cancelled"])
async def test_a_put_that_is_broken_off_leaves_the_old_state(pool: AsyncEngine, ending: str) -> None:
    """Neither a lost connection nor a cancelled caller leaves half a document, and none is ever seen."""
    library = PostgresLibrary(pool)
    generation = (await library.add_generation(RECIPE)).name
    await library.make_live(generation)
    first, second = document(), document(text="Now quite another text.")
    old, new = cut(first, generation=generation), cut(second, generation=generation)
    await library.put(first, old, generation=generation)
    async with pool.connect() as holder, pool.connect() as watcher:
        await watcher.execution_options(isolation_level="AUTOCOMMIT")  # else it would see one moment for ever
        await holder.execute(text("LOCK TABLE index_removals IN ACCESS EXCLUSIVE MODE"))
        writing = asyncio.create_task(library.put(second, new, generation=generation))
        pid = await _waiting_backend(watcher)
        assert await library.document(first.id) == first
        assert await library.passages(candidates([chunk.id for chunk in new])) == []
        if ending == "terminated":
            await watcher.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        else:
            writing.cancel()
        with pytest.raises((LibraryUnavailableError, asyncio.CancelledError)):
            await writing
    assert await library.document(first.id) == first
    assert await library.chunks(first.id) == old
    assert await library.content_hashes([first.id], generation=generation) == {first.id: first.content_hash}
    assert await library.pending_removals(limit=10) == {}
    await library.put(second, new, generation=generation)
    assert await library.chunks(first.id) == new
