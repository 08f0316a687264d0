"""In which encoding is a text written?"""

import codecs
import re
from typing import Final
from unicodedata import category

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
_SEVEN_BIT: Final = (
    "iso-2022-jp",
    "iso-2022-kr",
    "hz-gb-2312",
    "utf-7",
)  # look like ASCII until they are decoded
_MARKS_OF_SEVEN_BIT: Final = {b"\x1b$B": "iso-2022-jp", b"\x1b$@": "iso-2022-jp", b"\x1b$)C": "iso-2022-kr"}
_ZEROS_OF_UTF32: Final = 0.4
_CONTROLS_OF_UTF16: Final = 0.2  # of European scripts: every second byte is one; CJK is no sound UTF-8 anyway
_COMMONEST: Final = re.compile("[ -~\n\u3001\u3002\uff0c]")
_NO_CHARACTERS: Final = frozenset({"Cc", "Cn", "Co", "Cs"})
_SOUND_TO_DAMAGED: Final = 10
# The encoding standard of the web reads these names as Windows' superset of them.
_AS_BROWSERS_DO: Final = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_FOR_PROGRAMS: Final = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
_UPPER_CONTROL: Final = re.compile("[\x80-\x84\x86-\x9f]")
_TWICE_ENCODED: Final = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_BINARY_SHARE: Final = 0.05
_BINARY_SHARE_OF_UTF8: Final = 0.5
_STRAY_SHARE: Final = 0.02
_NEVER_IN_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Below this a detector guesses at random among the single-byte encodings; Western Europe's is likeliest.
_ENOUGH_TO_JUDGE: Final = 64
# A text whose few bytes beyond ASCII are all among these is in Windows-1252, even where a detector sees
# something else: letters of Western Europe, and what word processors put for quotes and dashes.
_USUAL_IN_CP1252: Final = bytes(range(128)) + bytes.fromhex(
    "808284858b8c9192939495969799 9b9c9fa0a1a3a7a9abadaeb0b4b7bbbdbf c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
    "d1d2d3d4d5d6d7d8d9dadbdcdf e0e1e2e3e4e5e6e7e8e9eaebecedeeef f1f2f3f4f5f6f8f9fafbfcff"
)
_ASCII: Final = bytes(range(128))
_WESTERN_SHARE: Final = 0.15


def marked_encoding(content: bytes) -> str | None:
    """This will name the encoding that a byte order mark announces, or that zero bytes give away."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:_SAMPLE_BYTES]
    if b"\x00" not in sample or _share_never_in_text(sample) <= _STRAY_SHARE:
        return None
    if sample.count(0) >= _ZEROS_OF_UTF32 * len(sample):
        for encoding in ("utf-32-le", "utf-32-be"):
            if _plausibility(sample, encoding) is not None:
                return encoding
    if _share_never_in_text(sample) <= _CONTROLS_OF_UTF16 and _strictly(sample, "utf-8") is not None:
        return None
    orders = {encoding: _plausibility(sample, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    likely = {encoding: usual for encoding, usual in orders.items() if usual is not None}
    return max(likely, key=likely.__getitem__) if likely else None


def looks_binary(content: bytes) -> bool:
    """This will say whether `content` cannot be text in any encoding that we know."""
    if marked_encoding(content) is not None:
        return False
    sample = content[:_SAMPLE_BYTES]
    if b"\x00" in sample:
        return _share_never_in_text(sample) > _STRAY_SHARE
    # What is sound UTF-8 is text even with bells and backspaces in it, as the log of a terminal has them.
    sound = _strictly(sample, "utf-8") is not None
    return _share_never_in_text(sample) > (_BINARY_SHARE_OF_UTF8 if sound else _BINARY_SHARE)


def _share_never_in_text(sample: bytes) -> float:
    return len(_NEVER_IN_TEXT.findall(sample)) / max(1, len(sample))


def _strictly(sample: bytes, encoding: str) -> str | None:
    """Decode a sample whose last character may be cut."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return None


def _plausibility(sample: bytes, encoding: str) -> int | None:
    """Count the commonest characters of `sample` in `encoding`; None where it holds what no text does."""
    text = _strictly(sample, encoding)
    if text is None:
        return None
    strange = sum(category(one) in _NO_CHARACTERS and not one.isspace() for one in text)
    return len(_COMMONEST.findall(text)) if strange <= _STRAY_SHARE * len(text) else None


def decode(content: bytes, *, declared: str | None = None) -> str:
    """This will decode `content` by its mark, else as UTF-8, else as `declared`, else as its bytes suggest.

    Raises:
        UnreadableFileError: the bytes are text in no encoding that we know.
    """
    marked = marked_encoding(content)
    if marked is not None:
        return content.decode(marked, errors="replace")
    declared = _known(declared)
    if declared is not None and declared.startswith(_SEVEN_BIT):
        return content.decode(declared, errors="replace")
    for mark, seven_bit in _MARKS_OF_SEVEN_BIT.items():
        if mark in content[:_SAMPLE_BYTES] and _strictly(content, seven_bit) is not None:
            return content.decode(seven_bit, errors="replace")
    try:
        return _mended(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    lenient = content.decode("utf-8", errors="replace")
    damaged = lenient.count("\ufffd")
    if sum(map(len, re.findall(r"[^\x00-\x7f]+", lenient))) > _SOUND_TO_DAMAGED * damaged:
        return lenient
    return _decode_legacy(content, declared=declared)


def _known(declared: str | None) -> str | None:
    """Give the usual name of an encoding, if it is one in which a text may be kept."""
    try:
        codec = codecs.lookup(declared or "")
    except (LookupError, ValueError):
        return None
    of_texts = getattr(codec, "_is_text_encoding", True) and codec.name not in _FOR_PROGRAMS
    # Bytes that are really UTF-16 or UTF-32 have shown it; a page that only says so is mistaken.
    return codec.name if of_texts and not codec.name.startswith(("utf-16", "utf-32")) else None


def _mended(text: str) -> str:
    """Undo that somebody read UTF-8 as Latin-1, and wrote the result as UTF-8 again.

    Control characters of the upper half show it: no text has them, and half of all such mistakes do.
    """
    return text if _UPPER_CONTROL.search(text) is None else _TWICE_ENCODED.sub(_once_encoded, text)


def _once_encoded(found: re.Match[str]) -> str:
    try:
        return found[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


def _decode_legacy(content: bytes, *, declared: str | None) -> str:
    if declared is not None:
        try:
            return content.decode(_AS_BROWSERS_DO.get(declared, declared))
        except UnicodeDecodeError:
            pass  # what the file says of itself is wrong, so its bytes must tell
    if len(content) < _ENOUGH_TO_JUDGE or _is_western(content[:_SAMPLE_BYTES]):
        return content.decode("cp1252", errors="replace")
    best = from_bytes(content[:_SAMPLE_BYTES]).best()
    if best is None:
        raise UnreadableFileError("The text is in no encoding that we know.")
    return content.decode(best.encoding, errors="replace")


def _is_western(sample: bytes) -> bool:
    beyond = len(sample.translate(None, delete=_ASCII))
    return beyond <= _WESTERN_SHARE * len(sample) and not sample.translate(None, delete=_USUAL_IN_CP1252)
