"""Do leases in PostgreSQL hold between processes, and leave the pool to those who work?"""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from rag.adapters.postgres import PostgresLeases, PostgresLibrary, connect, connect_for_leases
from rag.adapters.postgres.lease_waits import Impatience
from rag.ports.library import LibraryUnavailableError

NAME = "library-writes"

# Says each time when it has the lease and when it is about to give it back.
HOLDER = """
import asyncio, sys
from rag.adapters.postgres import PostgresLeases, connect_for_leases
async def main():
    leases = PostgresLeases(connect_for_leases(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        async with leases.hold("library-writes"):
            print("took", flush=True)
            await asyncio.sleep(float(sys.argv[3]))
            print("gives", flush=True)
asyncio.run(main())
"""

HELD = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
HOLDERS = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")


async def holder(url: str, *, times: int, seconds: float) -> Process:
    """Start a process that holds the lease."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, url, str(times), str(seconds), stdout=PIPE
    )


async def line(process: Process) -> bytes:
    """Read what the process says next."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 30)).strip()


async def test_two_processes_take_turns(database_url: str) -> None:
    """While another process holds the lease we do not get it, and we get it between two of its turns."""
    leases = PostgresLeases(connect_for_leases(database_url))
    process = await holder(database_url, times=1, seconds=0.5)
    assert await line(process) == b"took"
    ours = asyncio.create_task(_first_line_after_taking(leases, process))
    assert await line(process) == b"gives"
    assert await asyncio.wait_for(ours, 20) == b""
    assert await process.wait() == 0


async def _first_line_after_taking(leases: PostgresLeases, process: Process) -> bytes:
    async with leases.hold(NAME):
        return await line(process)


async def test_a_killed_process_holds_nothing(database_url: str) -> None:
    """After kill -9 of the holder the next one has the lease at once."""
    leases = PostgresLeases(connect_for_leases(database_url))
    process = await holder(database_url, times=1, seconds=600)
    assert await line(process) == b"took"
    process.kill()
    await process.wait()
    async with asyncio.timeout(20), leases.hold(NAME):
        pass


async def test_a_stopped_process_is_told_of_and_not_waited_for_for_ever(database_url: str) -> None:
    """Who waits names the process that sleeps with the lease, gives up, and has it when that one goes on."""
    signed_url = f"{database_url}&application_name=rag%20sleeper:4711"
    hasty = Impatience(look_seconds=0.1, tell_seconds=0.3, limit_seconds=0.8)
    leases = PostgresLeases(connect_for_leases(database_url), impatience=hasty)
    process = await holder(signed_url, times=1, seconds=0.5)
    assert await line(process) == b"took"
    process.send_signal(signal.SIGSTOP)
    with capture_logs() as logs, pytest.raises(LibraryUnavailableError) as caught:
        async with asyncio.timeout(20), leases.hold(NAME):
            pass
    assert "library-writes is held by rag sleeper:4711 (session" in str(caught.value)
    assert "kill -CONT" in str(caught.value)
    told = [entry for entry in logs if entry["event"] == "lease_waited_for"]
    assert 2 <= len(told) <= 4
    assert all("rag sleeper:4711" in entry["holder"] for entry in told)
    process.send_signal(signal.SIGCONT)
    async with asyncio.timeout(20), leases.hold(NAME):
        pass
    await process.wait()


async def test_holders_that_take_turns_are_waited_for(database_url: str) -> None:
    """Patience counts for one holder at a time: many short turns are no stopped process."""
    hasty = Impatience(look_seconds=0.05, limit_seconds=0.6)
    waiting = PostgresLeases(connect_for_leases(database_url), impatience=hasty)
    busy = PostgresLeases(connect_for_leases(database_url))
    begun = asyncio.Event()

    async def turns() -> None:
        queued = [asyncio.create_task(turn()) for _ in range(6)]
        await asyncio.gather(*queued)

    async def turn() -> None:
        async with busy.hold(NAME):
            begun.set()
            await asyncio.sleep(0.25)

    working = asyncio.create_task(turns())
    await begun.wait()
    async with asyncio.timeout(20), waiting.hold(NAME):
        pass
    await working


async def test_the_smallest_pool_is_enough(database_url: str) -> None:
    """Holders work with the one connection of a pool while thirty more wait, and keep nobody from it."""
    pool = connect(database_url, pool_size=1, max_overflow=0)
    library, leases = PostgresLibrary(pool), PostgresLeases(connect_for_leases(database_url))

    async def work() -> None:
        async with leases.hold(NAME):
            await library.ping()
            await asyncio.sleep(0.01)

    working = [asyncio.create_task(work()) for _ in range(30)]
    while not all(task.done() for task in working):
        async with asyncio.timeout(4):
            await library.counts()
        assert await _connections(pool) < 8  # one that was closed may take a moment to go
    await asyncio.gather(*working)
    await pool.dispose()


async def _connections(pool: AsyncEngine) -> int:
    counted = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    async with pool.connect() as connection:
        return int(await connection.scalar(counted) or 0)


async def test_a_lease_outlives_the_servers_patience(pool: AsyncEngine, database_url: str) -> None:
    """A server that ends idle transactions does not end the one that holds a lease."""
    async with pool.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        name = await connection.scalar(text("SELECT current_database()"))
        await connection.execute(text(f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = 100"))
    async with PostgresLeases(connect_for_leases(database_url)).hold(NAME):
        await asyncio.sleep(0.3)


async def test_a_lost_lease_is_told_at_the_end(pool: AsyncEngine, database_url: str) -> None:
    """A holder whose connection was ended learns that it was not alone, and the lease can be had again."""
    leases = PostgresLeases(connect_for_leases(database_url))
    with pytest.raises(LibraryUnavailableError, match="lease library-writes was lost while it was held"):
        async with leases.hold(NAME):
            await _end_holders(pool)
    async with asyncio.timeout(20), leases.hold(NAME):
        pass


async def test_a_lost_lease_hides_no_failure(pool: AsyncEngine, database_url: str) -> None:
    """What the holder itself raises is what its caller sees, also when the lease was lost."""
    leases = PostgresLeases(connect_for_leases(database_url))
    with pytest.raises(ZeroDivisionError):
        await _fail_without_lease(pool, leases)
    async with asyncio.timeout(20), leases.hold(NAME):
        pass


async def _fail_without_lease(pool: AsyncEngine, leases: PostgresLeases) -> None:
    async with leases.hold(NAME):
        await _end_holders(pool)
        raise ZeroDivisionError


async def _end_holders(pool: AsyncEngine) -> None:
    async with pool.connect() as connection:
        await connection.execute(HOLDERS)
        while await connection.scalar(HELD):  # noqa: ASYNC110 - the server tells no event
            await asyncio.sleep(0.01)


async def test_a_server_that_is_away_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing listens: the error is ours, and the next caller is not locked out by the failed one."""
    nowhere = f"postgresql://rag@/rag?host={tmp_path_factory.mktemp('none')}"
    leases = PostgresLeases(connect_for_leases(nowhere))
    for _ in range(2):
        with pytest.raises(LibraryUnavailableError, match="nothing listens"):
            async with leases.hold(NAME):
                pass


async def test_no_connection_is_left_behind(pool: AsyncEngine, database_url: str) -> None:
    """Whether leases were held, waited for or given up, none of their connections stays open."""
    leases = PostgresLeases(connect_for_leases(database_url))
    others = PostgresLeases(connect_for_leases(database_url))
    for _ in range(3):
        async with leases.hold(NAME):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.08), others.hold(NAME):
                    raise AssertionError
    async with asyncio.timeout(20):
        while await _connections(pool) > 1:  # noqa: ASYNC110 - the server tells no event
            await asyncio.sleep(0.01)
