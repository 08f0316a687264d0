"""Where does a sentence end?"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import syntok.segmenter as syntok  # type: ignore[import-untyped]  # syntok carries no types
from syntok.tokenizer import Tokenizer  # type: ignore[import-untyped]  # syntok carries no types

from rag.ports.models import Spans

# Parsers end every paragraph, item, heading and table row with a line break, so no sentence crosses one.
_BLOCK: Final = re.compile(r"[^\s](?:[^\n]*[^\s])?")
# Only these can end a sentence before its block ends; a block without any needs no library. Runs are bounded,
# or a line of a hundred thousand full stops would take the square of that.
_LATIN_END: Final = re.compile("[.!?…][^\\w\\s]{0,8}[\\s\u200b]|[.!?](?=[A-ZÀ-Þ])")
# Ends in other scripts; the first of them put no space behind, and syntok looks for one.
_OTHER_END: Final = re.compile(
    "[\u3002\uff01\uff1f\uff61]{1,8}[\u300d\u300f\uff09\u3015\u3011\u300b\u201d\u2019\"')]{0,8}"
    "|[\u061f\u06d4\u0964\u0965\u1362]{1,8}[\"'\u201d\u2019\u00bb)\\]]{0,8}(?=\\s)"
)


class SyntokSentenceSplitter:
    """Splits with syntok's rules for Latin scripts, and at the full stops of other scripts."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer(replace_not_contraction=False)

    def sentence_spans(self, text: str) -> Spans:
        """This will give `[start, end)` characters of every sentence, in order, without overlap.

        White space between sentences belongs to none. CPU-bound: call it off the event loop.
        """
        return [
            _stripped(text, start, end)
            for block in _BLOCK.finditer(text)
            for start, end in self._in_block(text, block.start(), block.end())
        ]

    def _in_block(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        cuts = [start, *(match.end() for match in _OTHER_END.finditer(text, start, end)), end]
        for piece_start, piece_end in _pieces(text, cuts):
            if _LATIN_END.search(text, piece_start, piece_end) is None:
                yield piece_start, piece_end
            else:
                yield from self._by_syntok(text, piece_start, piece_end)

    def _by_syntok(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        # Tokens count from the start of what syntok is given: its own way to add an offset pads the text
        # with as many spaces, so that the time for a whole document grows with its square.
        tokens = self._tokenizer.tokenize(text[start:end])
        starts = [start + sentence[0].offset for sentence in syntok.segment(tokens)]
        yield from _pieces(text, [start, *starts[1:], end])


def _pieces(text: str, cuts: list[int]) -> Iterator[tuple[int, int]]:
    """Give what stands between neighbouring cuts, without pieces that hold nothing but white space."""
    for start, end in pairwise(cuts):
        if text[start:end].strip():
            yield start, end


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())
