"""What does a reading process do? It reads one file after the other, until nobody sends any more."""

import os
import signal
import sys
from typing import BinaryIO, Final

from rag.adapters.parsers.formats import read
from rag.adapters.parsers.wire import pack_error, pack_parsed, receive_frame, send_frame, unpack_file
from rag.domain.errors import RagError

SECONDS_OF_GRACE: Final = 5.0
MEMORY_LIMIT_BYTES: Final = 2 * 2**30


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """This will answer every frame with what was read, or with what is wrong with the file."""
    while True:
        try:
            kind, content, seconds = unpack_file(receive_frame(incoming))
        except EOFError:
            return
        _end_after(seconds + SECONDS_OF_GRACE)
        try:
            answer = pack_parsed(read(kind, content))
        except RagError as error:
            answer = pack_error(error)
        _end_after(0)
        send_frame(outgoing, answer)


def _end_after(seconds: float) -> None:
    """Let the kernel end this process: whoever watches the time may have been killed meanwhile."""
    if hasattr(signal, "setitimer"):  # Windows has none
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory() -> None:
    """Let a file that wants to fill the machine's memory end this process only."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # Windows has no such module

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = MEMORY_LIMIT_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def main() -> None:
    """This will serve on standard input and output; a library that prints cannot disturb the answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    main()
