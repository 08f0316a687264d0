"""How is a file read so that neither its size, nor its malice, nor a library's crash reaches us?"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import BinaryIO, Final, cast

from rag.adapters.parsers.formats import Format
from rag.adapters.parsers.wire import pack_file, receive_frame, send_frame, unpack_outcome
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import ReadingRanOutOfMemoryError, ReadingTimedOutError, UnreadableFileError

_COMMAND: Final = (sys.executable, "-P", "-m", "rag.adapters.parsers.child")
_SECONDS_TO_END: Final = 2.0


class ReadingProcess:
    """One process that reads one file at a time, and is ended when a file takes too long."""

    def __init__(self) -> None:
        # A command of its own instead of multiprocessing: that would import the whole program in the child.
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)
        self._timed_out = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether another file can be sent."""
        return self._process.poll() is None

    def read(self, kind: Format, content: bytes, *, timeout_seconds: float) -> ParsedDocument:
        """This will read one file.

        Raises:
            ReadingTimedOutError, ReadingRanOutOfMemoryError: it wanted more than it may have.
            UnreadableFileError: the process died of it.
            InvalidInputError: what the reader found wrong with it.
        """
        timer = threading.Timer(timeout_seconds, self._give_up)
        timer.start()
        try:
            send_frame(self._to, pack_file(kind, content, timeout_seconds=timeout_seconds))
            frame = receive_frame(self._from)
        except (EOFError, OSError) as error:
            self.close()
            if self._timed_out.is_set():
                raise ReadingTimedOutError(
                    f"Reading took longer than {timeout_seconds:g} seconds."
                ) from error
            if self._process.returncode == -signal.SIGABRT:  # what a library does that gets no more memory
                raise ReadingRanOutOfMemoryError("Reading took more memory than it may.") from error
            raise UnreadableFileError("The process that read the file died of it.") from error
        finally:
            timer.cancel()
        return unpack_outcome(frame)

    def _give_up(self) -> None:
        self._timed_out.set()
        self._process.kill()

    def close(self) -> None:
        """This will end the process."""
        if self.alive:
            self._process.kill()
        for stream in (self._to, self._from):
            try:
                stream.close()
            except OSError:
                continue  # what could not be delivered to a dead process is of no use to anybody
        self._process.wait(_SECONDS_TO_END)


class ReadingProcesses:
    """A few reading processes: started when first needed, used again, replaced when they die."""

    def __init__(self, *, count: int) -> None:
        self._idle: deque[ReadingProcess] = deque()
        self._threads = ThreadPoolExecutor(max_workers=count, thread_name_prefix="read-file")

    async def read(self, kind: Format, content: bytes, *, timeout_seconds: float) -> ParsedDocument:
        """This will read one file in a process of its own, after those that came before.

        Raises:
            ReadingTimedOutError, ReadingRanOutOfMemoryError: it wanted more than it may have.
            UnreadableFileError: the process died of it.
            InvalidInputError: what the reader found wrong with it.
        """
        work = partial(self._read, kind, content, timeout_seconds=timeout_seconds)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _read(self, kind: Format, content: bytes, *, timeout_seconds: float) -> ParsedDocument:
        process = self._take()
        try:
            return process.read(kind, content, timeout_seconds=timeout_seconds)
        finally:
            if process.alive:
                self._idle.append(process)

    def _take(self) -> ReadingProcess:
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            process.close()
        return ReadingProcess()

    def close(self) -> None:
        """This will end every process, after the files that are being read."""
        self._threads.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop().close()
