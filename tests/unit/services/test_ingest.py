"""Taking files in."""

from collections.abc import Sequence

import pytest

from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.question import Question
from rag.ports.files import SourceFile
from rag.ports.parsing import EmptyDocumentError, UnreadableFileError
from rag.ports.search import IndexMismatchError, Point, PointRefusedError
from rag.services.ingest import Outcome
from rag.services.stages import StageTimer
from tests.support.workbench import Workbench, file

BACKUP = file("backup.md", "A backup runs every night.\nIt is verified by a restore.")
ALERTS = file("alerts.md", "An alert pages the engineer on call.")


async def found(bench: Workbench, text: str) -> list[str]:
    """Search, and give the texts found."""
    passages = await bench.search()(Question.of(text), timer=StageTimer(bench.clock))
    return [passage.chunk.text for passage in passages]


async def test_new_files_are_added_and_can_be_found() -> None:
    """What was yielded as added is found by a search."""
    bench = Workbench()
    outcomes = await bench.take_in(BACKUP, ALERTS)
    assert [(o.file.source, o.outcome) for o in outcomes] == [
        ("backup.md", Outcome.ADDED),
        ("alerts.md", Outcome.ADDED),
    ]
    assert any("pages the engineer" in text for text in await found(bench, "who is paged by an alert"))


async def test_an_unchanged_file_is_skipped() -> None:
    """A second run embeds nothing and changes nothing."""
    bench = Workbench()
    await bench.take_in(BACKUP, ALERTS)
    assert [o.outcome for o in await bench.take_in(BACKUP, ALERTS)] == [Outcome.UNCHANGED] * 2


async def test_a_changed_file_replaces_its_chunks() -> None:
    """Nothing of the old text is found any more, and the index holds no leftovers."""
    bench = Workbench()
    await bench.take_in(BACKUP)
    (outcome,) = await bench.take_in(file("backup.md", "A backup runs every hour."))
    assert outcome.outcome is Outcome.CHANGED
    assert await found(bench, "backup runs every night verified restore") == ["A backup runs every hour."]
    live = await bench.library.live_generation()
    assert live is not None
    assert await bench.index.count(live.name) == 1


async def test_going_back_to_an_earlier_text_works() -> None:
    """The old chunk ids return, although they were removed before."""
    bench = Workbench()
    for text in ("First text of the file.", "Second text of the file.", "First text of the file."):
        await bench.take_in(file("a.md", text))
    assert await found(bench, "text of the file") == ["First text of the file."]


async def test_one_bad_file_stops_no_other() -> None:
    """Each failure is yielded with its reason, in the order of the files."""

    def vanished() -> bytes:
        raise FileNotFoundError(2, "No such file or directory")

    gone = SourceFile(source="gone.md", place="/docs/gone.md", file_path="/docs/gone.md", read=vanished)
    outcomes = await Workbench().take_in(file("empty.md", "  "), BACKUP, gone, ALERTS)
    by_source = {o.file.source: o for o in outcomes}
    assert isinstance(by_source["empty.md"].error, EmptyDocumentError)
    assert isinstance(by_source["gone.md"].error, UnreadableFileError)
    assert "No such file" in str(by_source["gone.md"].error)
    assert by_source["backup.md"].outcome is by_source["alerts.md"].outcome is Outcome.ADDED


async def test_many_files_are_all_taken_in() -> None:
    """More files than are read ahead, in more groups than one."""
    bench = Workbench()
    files = [file(f"{number}.md", f"Topic{number} is about subject{number}.") for number in range(25)]
    assert len(await bench.take_in(*files)) == 25
    assert (await bench.library.counts()).documents == 25


async def test_an_index_of_another_model_is_refused_before_anything_is_read() -> None:
    """Vectors of two models are never mixed."""
    bench = Workbench()
    await bench.take_in(BACKUP)
    other = Workbench(library=bench.library, index=bench.index, embedder=type(bench.embedder)(dimension=32))
    with pytest.raises(IndexMismatchError, match="was built by"):
        await other.take_in(ALERTS)


async def test_a_document_that_the_index_refuses_fails_alone() -> None:
    """The others of its group are stored."""

    class PickyIndex(InMemorySearchIndex):
        async def upsert(self, generation: str, points: Sequence[Point]) -> None:
            if any(point.source == "alerts.md" for point in points):
                raise PointRefusedError("alerts.md is too large for the engine.")
            await super().upsert(generation, points)

    bench = Workbench(index=PickyIndex())
    outcomes = await bench.take_in(BACKUP, ALERTS, file("c.md", "Another text."))
    assert {o.file.source: o.outcome for o in outcomes} == {
        "backup.md": Outcome.ADDED,
        "alerts.md": Outcome.FAILED,
        "c.md": Outcome.ADDED,
    }
