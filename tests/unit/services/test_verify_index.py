"""Comparing the index with the library, and putting it right."""

import pytest

from rag.ports.library import Generation
from rag.services.verify_index import IndexVerification
from tests.support.points import direction, point
from tests.support.workbench import Workbench, file

FILES = [file(f"{number}.md", f"Topic{number} is about subject{number}.") for number in range(5)]


@pytest.fixture
async def bench() -> Workbench:
    """Five documents of one chunk each."""
    bench = Workbench()
    await bench.take_in(*FILES)
    return bench


async def live(bench: Workbench) -> Generation:
    """Give the live generation."""
    generation = await bench.library.live_generation()
    assert generation is not None
    return generation


async def damage(bench: Workbench) -> None:
    """Lose a chunk's point, and add one that belongs to nobody: the counts still agree."""
    generation = await live(bench)
    (summary, *_) = await bench.library.summaries()
    lost = [chunk.id for chunk in await bench.library.chunks(summary.id)]
    await bench.index.remove(generation.name, lost)
    await bench.index.upsert(generation.name, [point(0, direction(1.0, dimension=64))])
    assert await bench.index.count(generation.name) == len(FILES)


async def test_a_sound_index_is_said_to_be_sound(bench: Workbench) -> None:
    """Every chunk was looked for, and nothing else was found."""
    generation = await live(bench)
    found = await bench.verify_index()(generation, repair=False)
    assert found == IndexVerification(generation=generation.name, chunks=5, missing=0, orphans=0)
    assert found.sound


async def test_damage_that_counts_do_not_show_is_found_and_left(bench: Workbench) -> None:
    """Looking changes nothing, so a second look finds the same."""
    await damage(bench)
    for _ in range(2):
        found = await bench.verify_index()(await live(bench), repair=False)
        assert (found.missing, found.orphans, found.sound) == (1, 1, False)


async def test_damage_is_repaired(bench: Workbench) -> None:
    """What is missing comes back and what belongs to nobody goes."""
    await damage(bench)
    assert not (await bench.verify_index()(await live(bench), repair=True)).sound
    assert (await bench.verify_index()(await live(bench), repair=False)).sound
