"""Let every archive stand for the files in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rag.domain.errors import InvalidInputError
from rag.ports.archives import ArchiveReading, Archives, Members
from rag.ports.files import SourceFile, refused
from rag.ports.parsing import UnreadableFileError


@dataclass(frozen=True, slots=True)
class ExpandArchives:
    """Open archives one after the other; one that cannot be opened fails, and the others go on."""

    archives: Archives

    @contextmanager
    def __call__(self, files: Sequence[SourceFile]) -> Iterator[Members]:
        """This will give the files with those of the archives in place of these, until the context ends.

        An archive that cannot be opened stays among the files; reading it says why. One that holds nothing to
        read is among those passed over. Blocking: call it off the event loop.
        """
        with self.archives.reading() as reading:
            found = [self._members(file, reading) for file in files]
            yield Members(
                files=tuple(file for members in found for file in members.files),
                passed_over=tuple(name for members in found for name in members.passed_over),
            )

    def _members(self, file: SourceFile, reading: ArchiveReading) -> Members:
        if not self.archives.is_archive(file.source):
            return Members((file,), ())
        try:
            members = reading.members(file)
        except InvalidInputError as error:
            return Members((refused(file, error),), ())
        except OSError as error:
            reason = f"The archive cannot be opened: {error.strerror or error}."
            return Members((refused(file, UnreadableFileError(reason)),), ())
        # An archive without a document is named like a file of another format: nobody should miss it.
        return members if members.files else Members((), (*members.passed_over, file.source))
