"""A document becomes searchable whole or not at all, whenever the writer dies."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from rag.adapters.in_memory.library import InMemoryLibrary
from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.question import Question
from rag.ports.library import Library
from rag.ports.models import Vectors
from rag.ports.search import SearchIndex
from rag.services.stages import StageTimer
from tests.support.workbench import Workbench, file

OLD = "The old first line here.\nThe old second line here.\nThe old third line here."
NEW = "The new first line here.\nThe new second line here."
STEPS = 24  # more than an ingest of one changed file takes


class KilledError(BaseException):
    """The process died here."""


class DyingPort:
    """Passes calls on until the process dies before one of them."""

    def __init__(self, port: object, countdown: list[int]) -> None:
        self._port = port
        self._countdown = countdown

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Give the port's own method, or death."""
        method = getattr(self._port, name)

        async def call(*arguments: object, **options: object) -> object:
            self._countdown[0] -= 1
            if self._countdown[0] < 0:
                raise KilledError
            return await method(*arguments, **options)

        return call


def dying_workbench(library: Library, index: SearchIndex, countdown: list[int]) -> Workbench:
    """Make a workbench whose process dies before so many calls of library and index."""
    parts: dict[str, Any] = {"library": DyingPort(library, countdown), "index": DyingPort(index, countdown)}
    return Workbench(**parts)


async def visible(library: InMemoryLibrary, index: InMemorySearchIndex) -> set[str]:
    """Give the texts that a search can find, as one document's text each."""
    bench = Workbench(library=library, index=index)
    passages = await bench.search()(Question.of("line here", top_k=50), timer=StageTimer(bench.clock))
    return {line for passage in passages for line in passage.chunk.text.split("\n")}


@pytest.mark.parametrize("step", range(STEPS))
async def test_a_kill_at_any_step_shows_the_old_document_or_the_new_one(step: int) -> None:
    """Never a mixture, never nothing; and the next run ends with the new one alone, in library and index."""
    library, index = InMemoryLibrary(), InMemorySearchIndex()
    await Workbench(library=library, index=index).take_in(file("a.md", OLD))
    countdown = [step]
    dying = dying_workbench(library, index, countdown)
    try:
        await dying.take_in(file("a.md", NEW))
    except (KilledError, BaseExceptionGroup):
        assert await visible(library, index) in (set(OLD.split("\n")), set(NEW.split("\n")))
    else:
        assert countdown[0] >= 0
    await Workbench(library=library, index=index).take_in(
        file("a.md", NEW), file("b.md", "Another line here.")
    )
    assert await visible(library, index) == {*NEW.split("\n"), "Another line here."}
    live = await library.live_generation()
    assert live is not None
    assert await index.count(live.name) == (await library.counts()).chunks


async def test_the_steps_above_are_more_than_an_ingest_takes() -> None:
    """The last step of the range is never reached, so every moment was tried."""
    library, index = InMemoryLibrary(), InMemorySearchIndex()
    await Workbench(library=library, index=index).take_in(file("a.md", OLD))
    countdown = [STEPS]
    await dying_workbench(library, index, countdown).take_in(file("a.md", NEW))
    assert 0 < countdown[0] < STEPS


async def test_nothing_is_embedded_twice() -> None:
    """Texts that have a stored vector are not embedded again, even for another document."""
    bench = Workbench()
    await bench.take_in(file("a.md", OLD))
    vectors = await bench.library.count_vectors()
    await bench.take_in(file("a.md", NEW), file("copy.md", NEW))
    await bench.take_in(file("a.md", NEW + "\n"), file("copy.md", NEW))
    assert await bench.library.count_vectors() <= vectors + 2


@pytest.mark.parametrize("step", range(STEPS))
async def test_a_kill_leaves_no_point_behind_even_when_the_file_is_gone(step: int) -> None:
    """What a killed writer had written is removed by the next one, though nobody ingests that file again."""
    library, index = InMemoryLibrary(), InMemorySearchIndex()
    await Workbench(library=library, index=index).take_in(file("a.md", OLD))
    countdown = [step]
    dying = dying_workbench(library, index, countdown)
    with suppress(KilledError, BaseExceptionGroup):
        await dying.take_in(file("a.md", NEW))
    after = Workbench(library=library, index=index)
    await after.take_in(file("b.md", "Another line here."))
    live = await library.live_generation()
    assert live is not None
    assert (await after.verify_index()(live, repair=False)).sound
    assert await library.pending_removals(limit=10) == {}


async def test_a_long_document_is_embedded_in_parts() -> None:
    """Each part's vectors are stored before the next one is made, so a kill does not lose them all."""
    bench = Workbench()
    sizes: list[int] = []
    embed = bench.embedder.embed

    async def noted(texts: Sequence[str]) -> Vectors:
        sizes.append(len(texts))
        return await embed(texts)

    bench.embedder.embed = noted  # type: ignore[method-assign] # looked at, not replaced
    ingest = replace(bench.ingest(), store=replace(bench.store(), vectors_at_once=4))
    lines = [f"Line {number} tells of subject{number} and of nothing else at all." for number in range(40)]
    outcomes = [outcome async for outcome in ingest([file("long.md", "\n".join(lines))])]
    assert sum(sizes) == outcomes[0].chunks > 8
    assert max(sizes) == 4
    assert await bench.library.count_vectors() == outcomes[0].chunks
