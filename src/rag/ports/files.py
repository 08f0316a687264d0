"""Which files are there to read, what are they called, and what is said of them?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, Protocol

from rag.domain.documents import Metadata, sha256_hex
from rag.domain.errors import InvalidInputError
from rag.ports.parsing import UnreadableFileError

WITHIN: Final = "!/"  # stands between an archive's place and the name of a file in it


class NoSuchPathError(InvalidInputError):
    """A path that was named does not exist or cannot be opened."""

    code: ClassVar[str] = "path_missing"
    advice: ClassVar[str] = "Check the spelling and the permissions of the path."


class FileWithdrawnError(InvalidInputError):
    """The file is not wanted any more, or not by this worker."""

    code: ClassVar[str] = "file_withdrawn"
    advice: ClassVar[str] = "Nothing is to be done: its job was cancelled, or another worker goes on with it."


@dataclass(frozen=True, slots=True)
class Description:
    """What a file beside a document says of it; it goes before what the document says of itself.

    Attributes:
        notes: what of that file was left out, a sentence each.
    """

    title: str | None = None
    language: str | None = None
    dated: datetime | None = None
    metadata: Metadata = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may become a document.

    Attributes:
        source: the name that people will know it by.
        place: what identifies it: the same place is the same document, whatever it holds.
        file_path: its path on disk; None for an upload.
        read: gives its bytes; raises OSError, or an InvalidInputError that says what is wrong with it.
        modified: when it was last changed, if that is known.
        description: what its sidecar says of it.
        fingerprint_suffix: sha256 of its sidecar, in hex; empty without one.
        open_stream: opens it where it lies, for files too large for memory; None where only `read` is there.
    """

    source: str
    place: str
    file_path: str | None
    read: Callable[[], bytes]
    modified: datetime | None = None
    description: Description = field(default_factory=Description)
    fingerprint_suffix: str = ""
    open_stream: Callable[[], BinaryIO] | None = None

    def content(self) -> bytes:
        """This will read its bytes.

        Raises:
            InvalidInputError: they cannot be read, with the reason.
        """
        try:
            return self.read()
        except OSError as error:
            reason = f"{self.source} cannot be opened: {error.strerror or error}."
            raise UnreadableFileError(reason) from error

    def fingerprint(self, content: bytes) -> str:
        """This will name what the document is made of: its bytes and its sidecar's, as 64 hex digits."""
        of_bytes = sha256_hex(content)
        suffix = self.fingerprint_suffix
        return sha256_hex(f"{of_bytes}:{suffix}".encode()) if suffix else of_bytes


def refused(file: SourceFile, error: InvalidInputError) -> SourceFile:
    """This will give `file` as one whose reading fails with `error`, and so is reported like others."""

    def read() -> bytes:
        raise error

    return replace(file, read=read, open_stream=None)


class FileFinder(Protocol):
    """Looks through folders."""

    def find(self, paths: Sequence[Path]) -> Sequence[SourceFile]:
        """This will list the files of formats that we read, in order of path.

        A folder is searched with everything below it, hidden files and folders left out; its files are
        named relative to it. Links to folders are not followed. A file that is named directly is listed
        whatever its format, together with its sidecar. A folder that cannot be opened is listed as a file
        whose reading says why.

        Raises:
            NoSuchPathError: a path does not exist or cannot be opened.
        """

    def roots(self, paths: Sequence[Path]) -> Sequence[str]:
        """This will give each path as places begin with it: a folder with `/` at its end, a file without.

        Raises:
            NoSuchPathError: a path does not exist or cannot be opened.
        """

    def passed_over(self, paths: Sequence[Path]) -> Sequence[str]:
        """This will name the files of the folders that `find` leaves out for their format."""

    def gone(
        self, paths: Sequence[str], *, found: Sequence[SourceFile], roots: Sequence[str]
    ) -> frozenset[str]:
        """This will name those of the library's paths at which nothing is left.

        Where that is not certain, a path is not named. `found` is what `find` gave, the files of archives
        included, and `roots` what was searched. It blocks on the disk, as all of these do: call them off the
        event loop.
        """


class SidecarReader(Protocol):
    """Reads the files that stand beside documents and describe them."""

    def read(self, name: str, content: bytes) -> Description:
        """This will read a sidecar; its name's extension says whether it is YAML or JSON.

        Raises:
            UnreadableFileError: it is malformed, with the line.
        """
