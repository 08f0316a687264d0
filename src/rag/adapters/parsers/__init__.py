"""How does a file, of any kind that we read, become text with pages, headings and tables in their places?"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from rag.adapters.parsers.formats import Format, format_of, named_format, read
from rag.adapters.parsers.processes import ReadingProcesses
from rag.adapters.parsers.unread_pages import has_unread_pages
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import EmptyDocumentError, FileTooLargeError, ScanWithoutTextError

MAX_FILE_BYTES: Final = 64 * 2**20
MAX_SECONDS: Final = 120.0
RECOGNITION_PATIENCE: Final = 20  # text recognition takes seconds a page
READING_PROCESSES: Final = 2
# A thread has no limit of time or memory, but plain text of this size is read in milliseconds.
MAX_BYTES_IN_A_THREAD: Final = 4096


class FileParser:
    """Reads every format in processes of its own; a text of a few kilobytes in a thread.

    Attributes:
        recognises_text: whether pages without text are read by an installed tesseract.
    """

    def __init__(
        self,
        *,
        processes: int = READING_PROCESSES,
        timeout_seconds: float = MAX_SECONDS,
        recognises_text: bool = False,
    ) -> None:
        self.recognises_text = recognises_text
        self._timeout_seconds = timeout_seconds
        self._processes = ReadingProcesses(count=processes)
        # Not the event loop's own threads: files of whatever kind must not keep those that questions need.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-small-file")

    def reads(self, name: str) -> bool:
        """This will say whether a file of this name is of a kind that we read."""
        return named_format(name) is not None

    async def parse(self, name: str, content: bytes) -> ParsedDocument:
        """This will read `content`, off the event loop.

        Raises:
            InvalidInputError: a subclass of ports.parsing says what is wrong with the file.
        """
        if len(content) > MAX_FILE_BYTES:
            raise FileTooLargeError(f"The file has {len(content)} bytes, the limit is {MAX_FILE_BYTES}.")
        if not content.strip():
            raise EmptyDocumentError("The file is empty.")
        loop = asyncio.get_running_loop()
        # The list of what a container holds may be long.
        kind = await loop.run_in_executor(self._thread, format_of, name, content)
        if kind is not Format.TEXT or len(content) > MAX_BYTES_IN_A_THREAD:
            return await self._read_apart(kind, content)
        return await loop.run_in_executor(self._thread, read, kind, content)

    async def _read_apart(self, kind: Format, content: bytes) -> ParsedDocument:
        limit = self._timeout_seconds
        try:
            parsed = await self._processes.read(kind, content, timeout_seconds=limit)
        except ScanWithoutTextError:
            if not self.recognises_text:
                raise
        else:
            if not (self.recognises_text and has_unread_pages(parsed)):
                return parsed
        # Only what is known to hold pictures of pages may take as long as recognition does.
        limit *= RECOGNITION_PATIENCE
        return await self._processes.read(Format.SCANNED_PDF, content, timeout_seconds=limit)

    def close(self) -> None:
        """This will end the reading processes, after the files that are being read."""
        self._thread.shutdown(cancel_futures=True)
        self._processes.close()
