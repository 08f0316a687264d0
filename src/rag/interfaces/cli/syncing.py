"""How does a sync look while it runs, and what is said of it before and afterwards?"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rag.interfaces.cli.ingesting import note_outcome
from rag.interfaces.cli.output import counted, note, progress, say, say_json, say_table
from rag.interfaces.cli.shapes import Shape, outcome_shape

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.bootstrap import Application
    from rag.ports.files import SourceFile
    from rag.ports.library import StoredPlace
    from rag.services.plan_sync import PlannedFile, SyncPlan
    from rag.services.sync_folder import Synced

CHANGES: Final = ("added", "changed", "moved", "unchanged", "deleted", "failed")


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What became of every document, and how long it took."""

    synced: "Sequence[Synced]"
    seconds: float

    def count(self, change: str) -> int:
        """This will count the documents with which this was done."""
        return sum(one.change.value == change for one in self.synced)

    @property
    def chunks(self) -> int:
        """How many chunks were stored."""
        return sum(one.outcome.chunks for one in self.synced if one.outcome)


async def planned(
    opened: "Application", files: "Sequence[SourceFile]", *, roots: Sequence[str]
) -> "SyncPlan":
    """This will compare the files with the library, with a bar while it runs."""
    with progress("Comparing", total=len(files)) as advance:
        return await opened.plan_sync(files, roots=roots, looked_at=advance)


async def sync_as_planned(opened: "Application", plan: "SyncPlan") -> SyncReport:
    """This will carry the plan out, with a bar and a line for whatever was moved, deleted or failed.

    Raises:
        UnavailableError: a part went away; what was done stays, and the next sync does the rest.
    """
    clock = opened.stores.clock
    began = clock.seconds()
    synced: list[Synced] = []
    with progress("Syncing", total=len(plan.files) + len(plan.deleted)) as advance:
        async with aclosing(opened.sync_folder(plan)) as steps:
            async for one in steps:
                synced.append(one)
                advance()
                _note_synced(one)
    return SyncReport(synced, clock.seconds() - began)


def say_sync_report(report: SyncReport) -> None:
    """This will print the report's figures as a table of one row."""
    figures = [report.count(change) for change in CHANGES]
    say_table(
        [*(change.upper() for change in CHANGES), "CHUNKS", "SECONDS"],
        [[*figures, report.chunks, f"{report.seconds:.1f}"]],
    )


def sync_shape(report: SyncReport) -> Shape:
    """This will give the report for `--json`."""
    return {
        "files": [_synced_shape(one) for one in report.synced],
        "summary": {
            **{change: report.count(change) for change in CHANGES},
            "chunks": report.chunks,
            "seconds": round(report.seconds, 3),
        },
    }


def say_plan(plan: "SyncPlan", *, as_json: bool) -> None:
    """This will print what a sync would do, a line or an object each."""
    entries = [*map(_planned_shape, plan.files), *map(_deleted_shape, plan.deleted)]
    counts = {change: sum(entry["outcome"] == change for entry in entries) for change in CHANGES}
    if plan.deletes_most:
        note(" ".join(too_many_deletions(plan)))
    if as_json:
        say_json({"files": entries, "summary": counts, "needs_yes": plan.deletes_most})
        return
    for entry in entries:
        if entry["outcome"] != "unchanged":
            origin = f" (was {entry['moved_from']})" if entry.get("moved_from") else ""
            say(f"{entry['outcome']:10}{entry['source']}{origin}")
    figures = ", ".join(f"{number} {change}" for change, number in counts.items())
    say(f"It would be: {figures}. Nothing was done.")


def too_many_deletions(plan: "SyncPlan") -> tuple[str, str]:
    """This will say why a plan is not carried out, and what to do."""
    held = counted(plan.known, "document")
    return (
        f"This would delete {len(plan.deleted)} of the {held} that the library has from there.",
        "Look at them with --sync --dry-run. If that is what you want, add --yes; otherwise nothing is done.",
    )


def _note_synced(one: "Synced") -> None:
    if one.outcome is not None:
        note_outcome(one.outcome)
    if one.stored is not None:
        source = one.outcome.file.source if one.outcome else None
        note(f"moved: {one.stored.source} is now {source}" if source else f"deleted: {one.stored.source}")


def _synced_shape(one: "Synced") -> Shape:
    if one.outcome is None:
        return _deleted_shape(one.stored) if one.stored else {}
    moved_from = one.stored.source if one.stored else None
    return {**outcome_shape(one.outcome), "outcome": one.change.value, "moved_from": moved_from}


def _planned_shape(one: "PlannedFile") -> Mapping[str, object]:
    error = one.error
    return {
        "source": one.file.source,
        "file_path": one.file.file_path,
        "outcome": one.change.value,
        "moved_from": one.moved_from.source if one.moved_from else None,
        "error": {"code": error.code, "message": str(error), "advice": error.advice} if error else None,
    }


def _deleted_shape(place: "StoredPlace") -> Mapping[str, object]:
    return {
        "source": place.source,
        "file_path": place.file_path,
        "outcome": "deleted",
        "document_id": str(place.document_id),
    }
