"""How is a test set read from disk, and written?"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, Protocol

from rag.domain.errors import RagError
from rag.domain.golden import GoldenSet


class UnwritableFileError(RagError):
    """A file cannot be written where it was named."""

    code: ClassVar[str] = "file_unwritable"
    advice: ClassVar[str] = "Check the folder, its permissions, and the room left on the disk."


class TestSets(Protocol):
    """Reads test sets of every format that docs/how-to/evaluate.md names, and writes our own."""

    __test__: ClassVar[bool] = False  # its name looks like a test's to pytest

    def read(self, path: Path) -> GoldenSet:
        """This will read a test set; what the path is says in which format.

        It blocks on the disk: call it off the event loop.

        Raises:
            NoSuchPathError: there is nothing at `path`, or it cannot be opened.
            InvalidTestSetError: it is malformed; the file, the case or line, and the field are named.
        """

    def write(self, path: Path, golden: GoldenSet) -> None:
        """This will write a test set as JSON, in one step: whatever happens, the old or the new one stands.

        Raises:
            InvalidTestSetError: `path` is not a JSON file, or a case contradicts itself.
            UnwritableFileError: the disk does not take it.
        """

    def changing(self, path: Path) -> AbstractContextManager[None]:
        """This will keep other changes of the set out, from reading it until it is written.

        Entering blocks while another change is under way: do it off the event loop. Do not hold it while a
        person is asked.

        Raises:
            UnwritableFileError: the folder cannot be opened, or the other change takes too long.
        """
