"""What does `rag evaluate` read before it starts, and what does it write at the end?"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rag.domain.golden import part_of
from rag.interfaces.cli.output import note
from rag.ports.baselines import InvalidRunError

if TYPE_CHECKING:  # types alone: `rag --help` must not wait for what these modules bring
    from rag.domain.golden import GoldenSet
    from rag.domain.report import Baseline, Report, Run

BASELINE_NAME: Final = "baseline.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    test_set: Path
    baseline: Path | None
    tolerance: float
    corpus: Path | None
    limit: int | None
    save: Path | None
    compare: Path | None
    report: Path | None
    set_baseline: bool
    as_json: bool

    @property
    def baseline_place(self) -> Path:
        """Where the baseline is looked for, and written to."""
        folder = self.test_set if self.test_set.is_dir() else self.test_set.parent
        return self.baseline or folder / BASELINE_NAME

    @property
    def written(self) -> tuple[Path, ...]:
        """The files that are written at the end."""
        baseline = self.baseline_place if self.set_baseline else None
        return tuple(place for place in (self.save, baseline, self.report) if place)


def golden_of(wanted: Wanted) -> "GoldenSet":
    """This will read the test set, or the part of it that is asked.

    Raises:
        NoSuchPathError, InvalidTestSetError: it cannot be used.
    """
    from rag.bootstrap import test_sets_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    golden = test_sets_on_disk().read(wanted.test_set)
    return golden if wanted.limit is None else part_of(golden, wanted.limit)


def baseline_for(wanted: Wanted, golden: "GoldenSet") -> "Baseline | None":
    """This will read what the run is held against; None where there is nothing.

    Raises:
        NoSuchPathError, InvalidRunError: it cannot be used, or it belongs to another test set.
    """
    from rag.bootstrap import runs_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    place = wanted.baseline_place
    if not place.exists() and (wanted.baseline is None or wanted.set_baseline):
        return None
    try:
        baseline = runs_on_disk().read_baseline(place)
    except InvalidRunError as error:
        if not wanted.set_baseline:
            raise
        note(f"The baseline that is replaced cannot be read: {error}")
        return None
    if baseline.test_set != golden.name:
        mismatch = f"{place} belongs to the test set {baseline.test_set}, not to {golden.name}."
        if wanted.baseline is not None or wanted.set_baseline:
            raise InvalidRunError(mismatch)
        note(f"{mismatch} It is not compared with; `--baseline FILE` names another.")
        return None
    return baseline if wanted.limit is None else baseline.only(case.id for case in golden.cases)


def other_run(wanted: Wanted, golden: "GoldenSet") -> "Run | None":
    """This will read the saved run to compare with; None where none is named.

    Raises:
        NoSuchPathError, InvalidRunError: it cannot be used, or it asked another test set.
    """
    from rag.bootstrap import runs_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    if wanted.compare is None:
        return None
    other = runs_on_disk().read(wanted.compare)
    if other.test_set != golden.name:
        raise InvalidRunError(
            f"{wanted.compare} is a run of the test set {other.test_set}, not of {golden.name}."
        )
    return other


def verify_places(wanted: Wanted) -> None:
    """This will try every file that is written at the end.

    Raises:
        UnwritableFileError: one of them cannot be written.
    """
    from rag.bootstrap import verify_file  # noqa: PLC0415 - `rag --help` must not wait for it

    for place in wanted.written:
        verify_file(place)


def keep(wanted: Wanted, report: "Report", other: "Report | None") -> None:
    """This will write the run, the baseline and the report that were asked for.

    Raises:
        UnwritableFileError: the disk does not take one of them.
    """
    from rag.bootstrap import runs_on_disk  # noqa: PLC0415 - `rag --help` must not wait for it

    if wanted.save:
        runs_on_disk().save(wanted.save, report.run)
        note(f"The run is kept in {wanted.save}.")
    if wanted.set_baseline:
        runs_on_disk().save_baseline(wanted.baseline_place, report.run)
        note(f"The baseline is now {wanted.baseline_place}.")
    if wanted.report:
        from rag.interfaces.report import write_report  # noqa: PLC0415 - only where one is wanted

        write_report(report, wanted.report, other=other)
        note(f"The report is {wanted.report}.")
