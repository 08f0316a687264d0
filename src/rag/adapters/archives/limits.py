"""How much may an archive hold, and who stops it from asking for more?"""

import io
from dataclasses import dataclass
from typing import IO, Final

from rag.ports.parsing import FileTooLargeError

MIB: Final = 2**20
_ZIP_ENTRY: Final = b"PK\x01\x02"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused; every figure that an archive states of itself is doubted.

    Attributes:
        members: entries of every kind, in an archive together with the archives in it.
        total_bytes: what its files unpack to, those of the archives in it included.
        ratio: how many times its packed size a file may have; looked at above `ratio_from_bytes`.
        total_ratio: how many times the archive's size its files may have together; looked at above
            `total_ratio_from_bytes`.
        depth: 2 is an archive within an archive.
        directory_bytes: the table of contents of a ZIP, which is read at once.
        header_bytes: one header of a tar, which is read at once.
        open_archives: so many stay open; others are opened again when they are asked for.
    """

    members: int = 10_000
    member_bytes: int = 64 * MIB
    total_bytes: int = 512 * MIB
    ratio: int = 200
    ratio_from_bytes: int = 10 * MIB
    total_ratio: int = 100
    total_ratio_from_bytes: int = 32 * MIB
    depth: int = 2
    directory_bytes: int = 16 * MIB
    header_bytes: int = 1 * MIB
    open_archives: int = 4

    def swells(self, size: int, *, packed: int) -> bool:
        """This will say whether `size` bytes out of `packed` are what an archive made to exhaust has."""
        return size > self.ratio_from_bytes and size > self.ratio * max(1, packed)

    def swells_together(self, size: int, *, packed: int) -> bool:
        """This will say the same of all files of an archive that has `packed` bytes."""
        return size > self.total_ratio_from_bytes and size > self.total_ratio * max(1, packed)

    def too_many(self) -> FileTooLargeError:
        """This will say that there are too many members."""
        return FileTooLargeError(f"The archive holds more than {self.members} files, which is the limit.")

    def too_much(self) -> FileTooLargeError:
        """This will say that there are too many bytes."""
        return FileTooLargeError(
            f"The archive unpacks to more than {self.total_bytes} bytes, which is the limit."
        )


class WatchedStream:
    """A stream that is never read in large pieces, however large its own headers claim to be.

    It is no `io` class, as those close what they stand for when nobody needs them any more.
    """

    def __init__(self, stream: IO[bytes], *, most_bytes: int, most_entries: int) -> None:
        self._stream = stream
        self._most_bytes = most_bytes
        self._most_entries = most_entries

    def read(self, size: int | None = -1, /) -> bytes:
        """This will read at most `most_bytes` at once.

        Raises:
            FileTooLargeError: more is wanted, or a table of contents has too many entries.
        """
        wanted = self._most_bytes + 1 if size is None or size < 0 else size
        if wanted > self._most_bytes + 1:
            raise FileTooLargeError(f"A table of contents in it claims to have {wanted} bytes.")
        content = self._stream.read(wanted)
        if len(content) > self._most_bytes:
            raise FileTooLargeError(f"A table of contents in it has more than {self._most_bytes} bytes.")
        if content.startswith(_ZIP_ENTRY) and content.count(_ZIP_ENTRY) > self._most_entries:
            raise FileTooLargeError(f"The archive holds more than {self._most_entries} files.")
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """This will move to a place."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """This will name the place."""
        return self._stream.tell()

    def seekable(self) -> bool:
        """This will say yes."""
        return True
