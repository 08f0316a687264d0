"""How is a run of a test set kept, so that later ones can be held against it?"""

from pathlib import Path
from typing import ClassVar, Protocol

from rag.domain.errors import InvalidInputError
from rag.domain.report import Baseline, Run


class InvalidRunError(InvalidInputError):
    """A saved run or a baseline cannot be read."""

    code: ClassVar[str] = "run_invalid"
    advice: ClassVar[str] = (
        "Name another file, or write one anew: `rag evaluate --save FILE` for a run, "
        "`rag evaluate --set-baseline --baseline FILE` for a baseline."
    )


class Runs(Protocol):
    """Keeps runs in files; all of it blocks on the disk, so call it off the event loop."""

    def save(self, path: Path, run: Run) -> None:
        """This will write a whole run, with questions, answers and passages, in one step.

        Raises:
            UnwritableFileError: the disk does not take it.
        """

    def save_baseline(self, path: Path, run: Run) -> None:
        """This will write the run's scores alone, a line a case, so that two of them can be compared by eye.

        Raises:
            UnwritableFileError: the disk does not take it.
        """

    def read(self, path: Path) -> Run:
        """This will read a whole run again.

        Raises:
            NoSuchPathError: there is nothing at `path`, or it cannot be opened.
            InvalidRunError: it is malformed, or holds scores alone.
        """

    def read_baseline(self, path: Path) -> Baseline:
        """This will read what a run is held against: a baseline, or a whole run.

        Raises:
            NoSuchPathError: there is nothing at `path`, or it cannot be opened.
            InvalidRunError: it is malformed.
        """
