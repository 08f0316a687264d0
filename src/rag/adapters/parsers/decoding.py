"""In which encoding is a text written?"""

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

from rag.ports.parsing import UnreadableFileError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES: Final = 65_536
_SEVEN_BIT: Final = ("iso-2022-jp", "iso-2022-kr", "hz-gb-2312")  # look like ASCII until they are decoded
_HALF_ZERO: Final = 0.4  # share of zero bytes at every other place that gives UTF-16 away
_SOUND_TO_DAMAGED: Final = 10
# The encoding standard of the web reads these names as Windows' superset of them.
_AS_BROWSERS_DO: Final = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
}
_BINARY_SHARE: Final = 0.05
_NEVER_IN_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Below this a detector guesses at random among the single-byte encodings; Western Europe's is likeliest.
_ENOUGH_TO_JUDGE: Final = 64


def marked_encoding(content: bytes) -> str | None:
    """This will name the encoding that a byte order mark announces, or that zero bytes give away."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[: _SAMPLE_BYTES - _SAMPLE_BYTES % 2]
    half = max(1, len(sample) // 2)
    zero_first, zero_second = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if zero_second > _HALF_ZERO and zero_first == 0:
        return "utf-16-le"
    if zero_first > _HALF_ZERO and zero_second == 0:
        return "utf-16-be"
    return None


def looks_binary(content: bytes) -> bool:
    """This will say whether `content` cannot be text in any encoding that we know."""
    if marked_encoding(content) is not None:
        return False
    sample = content[:_SAMPLE_BYTES]
    return b"\x00" in sample or len(_NEVER_IN_TEXT.findall(sample)) > _BINARY_SHARE * len(sample)


def decode(content: bytes, *, declared: str | None = None) -> str:
    """This will decode `content` by its mark, else as UTF-8, else as `declared`, else as its bytes suggest.

    Raises:
        UnreadableFileError: the bytes are text in no encoding that we know.
    """
    marked = marked_encoding(content)
    if marked is not None:
        return content.decode(marked, errors="replace")
    if declared is not None and declared.lower().startswith(_SEVEN_BIT):
        return content.decode(declared.lower(), errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    lenient = content.decode("utf-8", errors="replace")
    damaged = lenient.count("\ufffd")
    if sum(map(len, re.findall(r"[^\x00-\x7f]+", lenient))) > _SOUND_TO_DAMAGED * damaged:
        return lenient
    return _decode_legacy(content, declared=declared)


def _decode_legacy(content: bytes, *, declared: str | None) -> str:
    if declared is not None:
        try:
            return content.decode(_AS_BROWSERS_DO.get(declared.lower(), declared))
        except (LookupError, UnicodeDecodeError):
            pass  # what the file says of itself is wrong, so its bytes must tell
    if len(content) < _ENOUGH_TO_JUDGE:
        return content.decode("cp1252", errors="replace")
    best = from_bytes(content[:_SAMPLE_BYTES]).best()
    if best is None:
        raise UnreadableFileError("The text is in no encoding that we know.")
    return content.decode(best.encoding, errors="replace")
