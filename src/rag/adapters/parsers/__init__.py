"""How does a file, of any kind that we read, become text with pages, headings and tables in their places?"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from rag.adapters.parsers.formats import Format, format_of, named_format, read
from rag.adapters.parsers.processes import ReadingProcesses
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import EmptyDocumentError, FileTooLargeError

MAX_FILE_BYTES: Final = 64 * 2**20
MAX_SECONDS: Final = 120.0
READING_PROCESSES: Final = 2
# A thread has no limit of time or memory; whatever a file of this size holds, it is read in milliseconds.
MAX_BYTES_IN_A_THREAD: Final = 4096


class FileParser:
    """Reads text, Markdown, HTML and PDF, in processes; a text of a few kilobytes in a thread of its own."""

    def __init__(self, *, processes: int = READING_PROCESSES, timeout_seconds: float = MAX_SECONDS) -> None:
        self._processes = ReadingProcesses(count=processes, timeout_seconds=timeout_seconds)
        # Not the event loop's own threads: files of whatever kind must not keep those that questions need.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-small-file")

    def reads(self, name: str) -> bool:
        """This will say whether a file of this name is of a kind that we read."""
        return named_format(name) is not None

    async def parse(self, name: str, content: bytes) -> ParsedDocument:
        """This will read `content`, off the event loop.

        Raises:
            UnsupportedFormatError: no reader for the kind of file that `name` and `content` show.
            EncryptedFileError: a password is needed.
            EmptyDocumentError: there is no text in it.
            FileTooLargeError: more bytes or pages than we read.
            UnreadableFileError: anything else that is wrong with it, with the reason.
        """
        if len(content) > MAX_FILE_BYTES:
            raise FileTooLargeError(f"The file has {len(content)} bytes, the limit is {MAX_FILE_BYTES}.")
        if not content.strip():
            raise EmptyDocumentError("The file is empty.")
        kind = format_of(name, content)
        if kind is Format.PDF or len(content) > MAX_BYTES_IN_A_THREAD:
            return await self._processes.read(kind, content)
        return await asyncio.get_running_loop().run_in_executor(self._thread, read, kind, content)

    def close(self) -> None:
        """This will end the reading processes, after the files that are being read."""
        self._thread.shutdown(cancel_futures=True)
        self._processes.close()
