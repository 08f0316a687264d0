"""What does a plain text file say?"""

import re
from typing import Final

from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.decoding import decode
from rag.domain.documents import ParsedDocument

MEDIA_TYPE: Final = "text/plain"
_NARROWEST_WRAP: Final = 50
_WIDEST_WRAP: Final = 110
_NEARLY_FULL: Final = 0.75
_STARTS_AN_ITEM: Final = re.compile(r"[-*+•\u2013\u2014|>#=]|\d{1,3}[.)]\s|\(?[a-zA-Z][.)]\s|\.\. ")
_LOOKS_TABULAR: Final = re.compile(r"\S(?: {3,}|\t)\S|^[|+]|(?<![-=_~])[-=_~]{4,}$")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def read(content: bytes) -> ParsedDocument:
    """This will read a text file; lines that an editor wrapped are put together into paragraphs again.

    Raises:
        UnreadableFileError: the bytes are text in no encoding that we know.
    """
    text = unwrap(clean(decode(content))).strip("\n")
    return ParsedDocument(text=_BLANK_LINES.sub("\n\n", text), media_type=MEDIA_TYPE)


def unwrap(text: str) -> str:
    """This will join lines that were broken only because the next word would not have fitted.

    Lists, tables, verse, code and indented blocks keep their lines, and so does a text that is not wrapped.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    width = _wrap_width(lines)
    if width is None:
        return "\n".join(lines)
    kept = [lines[0]]
    last = lines[0]
    for line in lines[1:]:
        if _was_wrapped(last, line, width=width):
            kept[-1] = f"{kept[-1]} {line.lstrip()}"
        else:
            kept.append(line)
        last = line
    return "\n".join(kept)


def _wrap_width(lines: list[str]) -> int | None:
    """Give the column at which the text is wrapped: nearly all lines are shorter."""
    lengths = sorted(len(line) for line in lines if line.strip())
    if not lengths:
        return None
    width = lengths[min(len(lengths) - 1, len(lengths) * 98 // 100)]
    return width if _NARROWEST_WRAP <= width <= _WIDEST_WRAP else None


def _was_wrapped(line: str, following: str, *, width: int) -> bool:
    rest = following.lstrip()
    if not line.strip() or not rest or _STARTS_AN_ITEM.match(rest):
        return False
    if _LOOKS_TABULAR.search(line) or _LOOKS_TABULAR.search(following):
        return False
    if len(following) - len(rest) != _text_column(line):
        return False
    would_not_fit = len(line) + 1 + len(rest.split(None, 1)[0]) > width
    return would_not_fit or (len(line) > _NEARLY_FULL * width and rest[0].islower())


def _text_column(line: str) -> int:
    """Give the column where the words of `line` begin: for a list item, behind its mark."""
    rest = line.lstrip()
    mark = re.match(r"(?:[-*+•]|\d{1,3}[.)])\s+", rest)
    return len(line) - len(rest) + (mark.end() if mark else 0)
