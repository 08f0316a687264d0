"""Does a PDF unpack to more than anybody reads?"""

import re
import zlib
from typing import Final

from rag.ports.parsing import FileTooLargeError

MAX_UNPACKED_BYTES: Final = 32 * 2**20  # of one stream
MAX_DENSE_BYTES: Final = 4 * 2**20  # of one stream that holds MAX_DENSITY bytes for each packed one
MAX_DENSITY: Final = 50  # drawings and text unpack to four to twenty times their size
_MOST_DENSITY: Final = 1032  # the most that deflate can do
_STEP: Final = 2**20
_DICTIONARY_BYTES: Final = 1024
_STREAM: Final = re.compile(rb"stream\r?\n")
_FLATE: Final = re.compile(rb"/Fl(?:ateDecode)?(?![a-zA-Z])")
# Neither is unpacked to read a page's text.
_NOT_DRAWN: Final = re.compile(rb"/Subtype\s*/Image\b|/EmbeddedFile\b")


def refuse_bombs(content: bytes) -> None:
    """This will unpack, and throw away, each stream that could be a bomb, as far as the limit.

    What hides from it (in an encrypted file, in a stream that calls itself an image, in drawings that draw
    each other) meets the limits of time and memory of the process that reads.

    Raises:
        FileTooLargeError: a stream unpacks to more than the limits above, or is packed more than once.
    """
    for match in _STREAM.finditer(content):
        if content.startswith(b"end", match.start() - 3):
            continue
        head = content[max(0, match.start() - _DICTIONARY_BYTES) : match.start()]
        head = head[head.rfind(b" obj") + 1 :]
        packed = len(_FLATE.findall(head))
        if not packed or _NOT_DRAWN.search(head):
            continue
        if packed > 1:
            raise FileTooLargeError("The PDF holds content that is packed several times over.")
        end = content.find(b"endstream", match.end())
        _refuse_bomb(content[match.end() : end if end >= 0 else len(content)])


def _refuse_bomb(packed: bytes) -> None:
    if len(packed) * _MOST_DENSITY <= MAX_DENSE_BYTES:
        return
    most = min(MAX_UNPACKED_BYTES, max(MAX_DENSE_BYTES, MAX_DENSITY * len(packed)))
    unpacking = zlib.decompressobj()
    length = 0
    rest = packed
    try:
        while rest and not unpacking.eof:
            length += len(unpacking.decompress(rest, _STEP))
            rest = unpacking.unconsumed_tail
            if length > most:
                raise FileTooLargeError(f"The PDF holds content that unpacks to more than {most >> 20} MiB.")
    except zlib.error:
        return  # encrypted or broken: PDFium will say
