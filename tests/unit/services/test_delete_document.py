"""Deleting documents."""

from collections.abc import Sequence

import pytest

from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.documents import ChunkId, document_id_for
from rag.ports.library import UnknownDocumentError
from rag.services.delete_document import DeleteDocument, DeletionUnprovenError
from tests.support.workbench import Workbench, file


def deletion(bench: Workbench) -> DeleteDocument:
    """Make the service that deletes."""
    return DeleteDocument(
        library=bench.library,
        index=bench.index,
        leases=bench.leases,
        finish_removals=bench.finish_removals(),
    )


async def test_a_deleted_document_is_gone_everywhere() -> None:
    """Rows, points and vectors are gone, and the count of chunks is told."""
    bench = Workbench()
    await bench.take_in(file("a.md", "One line here.\nTwo lines there."), file("b.md", "Another text stays."))
    deleted = await deletion(bench)(document_id_for("/docs/a.md"))
    assert deleted.chunks >= 1
    counts = await bench.library.counts()
    live = await bench.library.live_generation()
    assert live is not None
    assert (counts.documents, counts.chunks, await bench.library.count_vectors()) == (1, 1, 1)
    assert await bench.index.count(live.name) == 1
    assert await bench.library.pending_removals(limit=10) == {}


async def test_deleting_what_is_not_there_says_so() -> None:
    """An unknown id is an error with advice."""
    with pytest.raises(UnknownDocumentError):
        await deletion(Workbench())(document_id_for("/docs/none.md"))


async def test_a_deletion_that_the_index_did_not_carry_out_is_told_and_finished_later() -> None:
    """The removal stays pending until the next writer finishes it."""

    class ForgetfulIndex(InMemorySearchIndex):
        forgetful = True

        async def remove(self, generation: str, chunk_ids: Sequence[ChunkId]) -> None:
            if not self.forgetful:
                await super().remove(generation, chunk_ids)

    index = ForgetfulIndex()
    bench = Workbench(index=index)
    await bench.take_in(file("a.md", "One line here."))
    with pytest.raises(DeletionUnprovenError, match="1 chunks are still"):
        await deletion(bench)(document_id_for("/docs/a.md"))
    index.forgetful = False
    await bench.take_in(file("b.md", "Another text."))
    live = await bench.library.live_generation()
    assert live is not None
    assert await index.count(live.name) == 1
