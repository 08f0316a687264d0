"""How does an ingest look while it runs, and what is said of it afterwards?"""

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from rag.interfaces.cli.output import counted, note, progress, say_table
from rag.interfaces.cli.shapes import Shape, outcome_shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.bootstrap import Application
    from rag.ports.files import SourceFile
    from rag.services.gather_files import Gathered
    from rag.services.ingest import FileOutcome

NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of every file, and how long it took."""

    outcomes: "Sequence[FileOutcome]"
    seconds: float

    def count(self, outcome: str) -> int:
        """This will count the files with this outcome."""
        return sum(file.outcome.value == outcome for file in self.outcomes)

    @property
    def chunks(self) -> int:
        """How many chunks were stored."""
        return sum(file.chunks for file in self.outcomes)

    @property
    def chunks_per_second(self) -> float:
        """The rate, over the whole time."""
        return self.chunks / self.seconds if self.seconds else 0.0


async def ingest_files(opened: "Application", found: "Sequence[SourceFile]") -> IngestReport:
    """This will take the files in, and those in archives, with a bar and a line for each that failed.

    Raises:
        UnavailableError: a part went away; what was stored stays.
    """
    clock = opened.stores.clock
    began = clock.seconds()
    outcomes: list[FileOutcome] = []
    async with opened.gather_files(found) as gathered:
        note_gathered(gathered)
        with progress("Ingesting", total=len(gathered.files)) as advance:
            async with aclosing(opened.ingest(gathered.files)) as steps:
                async for outcome in steps:
                    outcomes.append(outcome)
                    advance()
                    note_outcome(outcome)
    return IngestReport(outcomes, clock.seconds() - began)


def note_outcome(outcome: "FileOutcome") -> None:
    """This will say why a file failed, and what of it is not in its text."""
    if outcome.error:
        note(f"failed: {outcome.file.source}: {outcome.error} {outcome.error.advice}")
    for sentence in outcome.notes:
        note(f"{outcome.file.source}: {sentence}")


def note_gathered(gathered: "Gathered") -> None:
    """This will say which files in archives are left out, and which sidecars describe nothing."""
    note_passed_over(gathered.passed_over)
    for sidecar in gathered.without_document:
        note(f"{sidecar.source} describes a file that is not there, or of a format that is not read.")


def note_passed_over(names: Sequence[str]) -> None:
    """This will name the files that are left out, or say of which kinds they are where they are many."""
    if not names:
        return
    shown = sorted(names)
    if len(names) > NAMED:
        kinds = Counter(PurePath(name).suffix or "no ending" for name in names).most_common()
        shown = [f"{number} {kind}" for kind, number in kinds[:NAMED]] + ["…"] * (len(kinds) > NAMED)
    note(f"{counted(len(names), 'file')} of other formats passed over: {', '.join(shown)}")


def say_report(report: IngestReport) -> None:
    """This will print the report's figures as a table of one row."""
    say_table(
        ["ADDED", "CHANGED", "UNCHANGED", "FAILED", "CHUNKS", "SECONDS", "CHUNKS/S"],
        [
            [
                report.count("added"),
                report.count("changed"),
                report.count("unchanged"),
                report.count("failed"),
                report.chunks,
                f"{report.seconds:.1f}",
                f"{report.chunks_per_second:.0f}",
            ]
        ],
    )


def report_shape(report: IngestReport) -> Shape:
    """This will give the report for `--json`."""
    return {
        "files": [outcome_shape(outcome) for outcome in report.outcomes],
        "summary": {
            "added": report.count("added"),
            "changed": report.count("changed"),
            "unchanged": report.count("unchanged"),
            "failed": report.count("failed"),
            "chunks": report.chunks,
            "seconds": round(report.seconds, 3),
            "chunks_per_second": round(report.chunks_per_second, 1),
        },
    }
