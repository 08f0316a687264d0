"""How was a document cut, and what is odd about its chunks?"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from operator import itemgetter
from statistics import fmean, median
from typing import Final

from rag.domain.documents import Chunk
from rag.domain.garbling import is_damaged

VERY_SHORT_TOKENS: Final = 16
SPECIAL_TOKENS: Final = 2  # a model's window also holds a mark at the start and one at the end
FIRST_WORDS: Final = 8
_LOOKED_AT: Final = 100
MOSTLY_SYMBOLS_BELOW: Final = 0.5
_WORDS: Final = re.compile(r"[^\W_]")
_NOT_SPACE: Final = re.compile(r"\S+")
_ENDS_A_SENTENCE: Final = re.compile(
    "[.!?\u2026:;\u3002\uff01\uff1f\u061f\u06d4\u0964][\"'\u201d\u2019)\\]\u300d]*$"
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How a number is spread; `p95` is the least value that 95 % do not exceed."""

    least: int
    median: float
    mean: float
    p95: int
    most: int


@dataclass(frozen=True, slots=True)
class InspectedChunk:
    """One chunk as a person looks at it.

    Attributes:
        overlap: characters that it shares with the chunk before it.
        first_words: how it begins, on one line.
        oddities: what to look at, such as `starts mid-sentence`; empty where nothing is odd.
    """

    ordinal: int
    start: int
    end: int
    page: int | None
    section: str | None
    tokens: int
    overlap: int
    first_words: str
    oddities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """A document's chunks together.

    Attributes:
        tokens: the chunks' sizes in the model's tokens; None where there are no chunks.
        overlaps: the characters that neighbours share; None where there are fewer than two chunks.
        uncovered: `[start, end)` of the text's words that are in no chunk.
        uncovered_characters: how many characters, white space left out, are in no chunk.
    """

    count: int
    tokens: Sizes | None
    overlaps: Sizes | None
    chunks: tuple[InspectedChunk, ...]
    uncovered: tuple[tuple[int, int], ...]
    uncovered_characters: int

    @property
    def odd(self) -> tuple[InspectedChunk, ...]:
        """The chunks that are odd in some way."""
        return tuple(chunk for chunk in self.chunks if chunk.oddities)


def inspect_chunks(
    text: str,
    chunks: Sequence[Chunk],
    *,
    window_tokens: int,
    unbroken: Sequence[tuple[int, int]] = (),
) -> ChunkReport:
    """This will describe the chunks of `text`, which are in order, for a model of that window.

    `unbroken` are the `[start, end)` of its tables and code.

    >>> inspect_chunks("Nothing was kept.", [], window_tokens=256).uncovered_characters
    15
    """
    overlaps = [max(0, before.end - after.start) for before, after in pairwise(chunks)]
    first_seen: dict[str, int] = {}
    described = []
    for chunk, overlap in zip(chunks, [0, *overlaps], strict=False):
        twin = first_seen.setdefault(chunk.text, chunk.ordinal)
        described.append(
            InspectedChunk(
                ordinal=chunk.ordinal,
                start=chunk.start,
                end=chunk.end,
                page=chunk.page,
                section=chunk.section,
                tokens=chunk.token_count,
                overlap=overlap,
                first_words=" ".join(chunk.text.split()[:FIRST_WORDS]),
                oddities=(
                    *_oddities(text, chunk, window_tokens=window_tokens, twin=twin),
                    *_cut_lines(text, chunk.end, unbroken),
                ),
            )
        )
    uncovered = tuple(_uncovered(text, chunks))
    return ChunkReport(
        count=len(chunks),
        tokens=sizes_of([chunk.token_count for chunk in chunks]),
        overlaps=sizes_of(overlaps),
        chunks=tuple(described),
        uncovered=uncovered,
        uncovered_characters=sum(end - start for start, end in uncovered),
    )


def sizes_of(numbers: Sequence[int]) -> Sizes | None:
    """This will say how numbers are spread, or None where there are none.

    >>> sizes_of([1, 2, 3, 10])
    Sizes(least=1, median=2.5, mean=4.0, p95=10, most=10)
    """
    if not numbers:
        return None
    ordered = sorted(numbers)
    return Sizes(
        least=ordered[0],
        median=median(ordered),
        mean=fmean(ordered),
        p95=ordered[ceil(0.95 * len(ordered)) - 1],
        most=ordered[-1],
    )


def _oddities(text: str, chunk: Chunk, *, window_tokens: int, twin: int) -> Iterator[str]:
    if not is_boundary(text, chunk.start):
        yield "starts mid-sentence"
    if not is_boundary(text, chunk.end):
        yield "ends mid-sentence"
    if chunk.token_count < VERY_SHORT_TOKENS:
        yield "very short"
    if chunk.token_count + SPECIAL_TOKENS > window_tokens:
        yield "longer than the model's window"
    if is_mostly_symbols(chunk.text):
        yield "mostly symbols"
    if is_damaged(chunk.text):
        yield "broken encoding"
    if twin != chunk.ordinal:
        yield f"duplicate of chunk {twin}"


def _cut_lines(text: str, end: int, unbroken: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Say that a table or code is cut within a line; between lines a long one has to be cut somewhere."""
    first = bisect_right(unbroken, end, key=itemgetter(1))
    if first < len(unbroken) and unbroken[first][0] < end and "\n" not in text[end - 1 : end + 1]:
        yield "cuts a line of a table or code"


def is_boundary(text: str, place: int) -> bool:
    r"""This will say whether a sentence or a line may end right before `place`, white space left aside.

    >>> is_boundary("One. Two", 5), is_boundary("One. Two", 6), is_boundary("A heading\nTwo", 10)
    (True, False, True)
    """
    before = text[max(0, place - _LOOKED_AT) : place]
    words = before.rstrip()
    if not words or not text[place : place + _LOOKED_AT].strip():
        return True
    gap = before[len(words) :] + text[place : place + 1]
    return "\n" in gap or _ENDS_A_SENTENCE.search(words) is not None


def is_mostly_symbols(text: str) -> bool:
    """This will say whether less than half of what is printed are letters and digits.

    >>> is_mostly_symbols("| -- | -- | a |"), is_mostly_symbols("plain words")
    (True, False)
    """
    printed = sum(map(len, _NOT_SPACE.findall(text)))
    return len(_WORDS.findall(text)) < MOSTLY_SYMBOLS_BELOW * printed


def _uncovered(text: str, chunks: Sequence[Chunk]) -> Iterator[tuple[int, int]]:
    covered = 0
    for start, end in (*((chunk.start, chunk.end) for chunk in chunks), (len(text), len(text))):
        for words in _NOT_SPACE.finditer(text, covered, max(start, covered)):
            yield words.start(), words.end()
        covered = max(covered, end)
