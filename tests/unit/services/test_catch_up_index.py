"""Putting the index right from what PostgreSQL holds."""

from dataclasses import replace
from typing import NoReturn

import pytest

from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.question import Question
from rag.ports.search import IndexMismatchError
from rag.services.stages import StageTimer
from tests.support.points import direction, point
from tests.support.workbench import Workbench, file

FILES = [file(f"{number}.md", f"Topic{number} is about subject{number}.") for number in range(5)]


async def test_a_lost_index_is_filled_again_from_the_library() -> None:
    """Everything can be found again under the same generation, and nothing is embedded anew."""
    bench = Workbench()
    await bench.take_in(*FILES)
    after = Workbench(library=bench.library, index=InMemorySearchIndex())
    vectors = await after.library.count_vectors()
    assert await after.catch_up()() == 5
    passages = await after.search()(Question.of("subject3"), timer=StageTimer(after.clock))
    assert passages[0].source == "3.md"
    assert await after.library.count_vectors() == vectors


async def test_an_index_that_is_whole_is_left_alone() -> None:
    """A second call has nothing to do, and neither has one before the first document."""
    bench = Workbench()
    assert await bench.catch_up()() == 0
    await bench.take_in(*FILES)
    assert await bench.catch_up()() == 0


async def test_some_lost_chunks_are_put_back() -> None:
    """Fewer points than chunks is enough to look for every one, and to put back what is missing."""
    bench = Workbench()
    await bench.take_in(*FILES)
    live = await bench.library.live_generation()
    assert live is not None
    (summary, *_) = await bench.library.summaries()
    lost = [chunk.id for chunk in await bench.library.chunks(summary.id)]
    await bench.index.remove(live.name, lost)
    assert await bench.catch_up()() == 1
    assert await bench.index.present(live.name, lost) == frozenset(lost)


async def test_an_index_of_another_model_is_refused() -> None:
    """Vectors of two models are never compared."""
    bench = Workbench()
    await bench.take_in(*FILES)
    other = Workbench(library=bench.library, index=bench.index, embedder=type(bench.embedder)(dimension=32))
    with pytest.raises(IndexMismatchError, match=r"64 dimensions.*32 dimensions"):
        await other.catch_up()()


async def test_what_a_killed_writer_left_is_removed_without_a_full_comparison() -> None:
    """Points that were announced and never put are taken out; then the counts agree, and that is all."""
    bench = Workbench()
    await bench.take_in(*FILES)
    live = await bench.library.live_generation()
    assert live is not None
    orphan = point(0, direction(1.0, dimension=64))
    await bench.library.announce([orphan.chunk.id], generation=live.name)
    await bench.index.upsert(live.name, [orphan])

    async def compared(*_: object, **__: object) -> NoReturn:
        pytest.fail("every id was compared")

    catch_up = replace(bench.catch_up(), verify=compared)  # type: ignore[arg-type] # stands in for the service
    assert await catch_up() == 0
    assert await bench.index.count(live.name) == len(FILES)


class OptimizedIndex(InMemorySearchIndex):
    """Remembers which generations were to be optimized."""

    def __init__(self) -> None:
        super().__init__()
        self.optimized: list[str] = []

    async def optimize(self, generation: str) -> None:
        """Remember it."""
        self.optimized.append(generation)


async def test_a_graph_that_was_left_unfinished_is_built() -> None:
    """An ingest may have ended, and its embedded servers with it, long before the graph was done."""
    index = OptimizedIndex()
    bench = Workbench(index=index)
    await bench.take_in(file("a.md", "One line."))
    index.optimized.clear()
    assert await bench.catch_up()() == 0
    assert index.optimized == [await index.live()]
