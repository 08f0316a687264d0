"""What a golden question finds in this process."""

from rag.ports.canary import Found
from rag.services.search_golden import SearchGolden
from tests.support.workbench import Workbench, file

QUESTION = "when does a backup run every night"
TEXT = "A backup runs every night at two."


async def found(bench: Workbench) -> Found:
    """Ask."""
    search = SearchGolden(search=bench.search(), library=bench.library, clock=bench.clock)
    return await search(QUESTION, top_k=5)


async def test_the_passages_come_with_their_index() -> None:
    """As the search found them."""
    bench = Workbench()
    await bench.take_in(file("backup.md", TEXT))
    live = await bench.library.live_generation()
    assert live is not None
    reply = await found(bench)
    assert (reply.generation, [(one.source, one.text) for one in reply.passages]) == (
        live.name,
        [("backup.md", TEXT)],
    )


async def test_finding_nothing_names_the_index_unless_there_are_no_documents() -> None:
    """An index that lost its points is not taken for a library without documents."""
    bench = Workbench()
    assert await found(bench) == Found(None, [])
    await bench.take_in(file("backup.md", TEXT))
    live = await bench.library.live_generation()
    assert live is not None
    async for page in bench.index.chunk_ids(live.name):
        await bench.index.remove(live.name, page)
    assert await found(bench) == Found(live.name, [])
