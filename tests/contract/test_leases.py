"""Does every kind of lease keep the promises of `rag.ports.leases`?"""

import asyncio

import pytest

from rag.ports.leases import Leases

NAME = "library-writes"
BRIEF, LONG = 0.2, 20.0  # seconds to wait for what must not happen, and for what must


async def take(leases: Leases, name: str = NAME) -> None:
    """Hold the lease for a moment, which nobody prevents."""
    async with asyncio.timeout(LONG), leases.hold(name):
        await asyncio.sleep(0)


async def is_held(leases: Leases) -> bool:
    """Say whether somebody else has the lease."""
    try:
        await asyncio.wait_for(take(leases), BRIEF)
    except TimeoutError:
        return True
    return False


async def test_one_at_a_time_holds_a_lease(leases: Leases) -> None:
    """Of many callers each has the lease in the end, and no two ever have it together."""
    inside, most, done = 0, 0, 0

    async def work() -> None:
        nonlocal inside, most, done
        async with leases.hold(NAME):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.005)
            inside -= 1
            done += 1

    await asyncio.gather(*(work() for _ in range(30)))
    assert (most, done) == (1, 30)


async def test_two_who_share_nothing_but_the_place_exclude_each_other(leases: Leases, others: Leases) -> None:
    """Who holds a lease keeps everybody else out until it is given back."""
    async with leases.hold(NAME):
        assert await is_held(others)
    await take(others)


async def test_leases_of_other_names_are_independent(leases: Leases, others: Leases) -> None:
    """One name that is held stops nobody from holding another, the same holder included."""
    async with leases.hold(NAME):
        await take(leases, "generations")
        await take(others, "generations")


async def test_an_exception_gives_the_lease_back(leases: Leases, others: Leases) -> None:
    """What the holder raises passes unchanged, whatever it is, and frees the lease."""
    with pytest.raises(FileNotFoundError, match="no such page"):
        await _fail(leases)
    await take(leases)
    await take(others)


async def _fail(leases: Leases) -> None:
    async with leases.hold(NAME):
        raise FileNotFoundError("no such page")


async def test_a_cancelled_holder_gives_the_lease_back(leases: Leases, others: Leases) -> None:
    """Being cancelled in the middle of the work frees the lease."""
    holds = asyncio.Event()

    async def work() -> None:
        async with leases.hold(NAME):
            holds.set()
            await asyncio.sleep(60)

    holding = asyncio.create_task(work())
    await holds.wait()
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    await take(leases)
    await take(others)


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.01, 0.1])
async def test_who_is_cancelled_while_waiting_takes_nothing(
    leases: Leases, others: Leases, delay: float
) -> None:
    """Giving up at any moment of the wait leaves no lease behind, here or at the place."""
    async with leases.hold(NAME):
        waiting = [asyncio.create_task(take(each)) for each in (leases, others, others)]
        await asyncio.sleep(delay)
        for task in waiting:
            task.cancel()
        assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [
            asyncio.CancelledError
        ] * 3
        assert await is_held(others)
    await take(others)
    await take(leases)
