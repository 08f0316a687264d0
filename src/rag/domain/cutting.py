"""At which characters is a text cut, so that no piece has too many tokens and none ends where it need not?"""

import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from rag.domain.documents import Heading
from rag.domain.recipe import ChunkingRecipe

# Real words, with the indentation or the gap of a table behind them, stay below this.
MAX_TOKEN_CHARACTERS: Final = 48
_TINY_SHARE: Final = 4  # a last piece, or a section, below a quarter of the size is tiny
_LOOK_BACK_SHARE: Final = 4  # white space is looked for in the last quarter of a piece
_MARKS_OF_A_CHARACTER: Final = 8  # accents are kept with their letter up to this many
_JOINERS: Final = "\u200c\u200d\ufe0e\ufe0f"


class TokenGrid:
    """A text with the places at which its tokens start: counts tokens and finds places to cut at.

    A tokenizer makes a single token of a word of a million characters, and none of white space. So a stretch
    of more than `MAX_TOKEN_CHARACTERS` from one token to the next is measured as several tokens, and a piece
    of so many tokens has at most so many times, and once more, as many characters.
    """

    def __init__(self, text: str, starts: Sequence[int]) -> None:
        self.text = text
        self._true_starts = starts
        self._starts = _with_long_stretches_divided(text, starts)

    def index(self, place: int) -> int:
        """This will count the tokens that start before character `place`."""
        return bisect_left(self._starts, place)

    def count(self, start: int, end: int) -> int:
        """This will count the tokens that start within `[start, end)`, long ones as several."""
        return self.index(end) - self.index(start)

    def true_count(self, start: int, end: int) -> int:
        """This will count the tokens that start within `[start, end)`, as the model sees them."""
        return bisect_left(self._true_starts, end) - bisect_left(self._true_starts, start)

    def place(self, index: int) -> int:
        """This will give the character at which token `index` starts, or the end of the text."""
        return self._starts[index] if index < len(self._starts) else len(self.text)

    def cut_before(self, last: int, *, first: int) -> int:
        """This will find the last token in `(first, last]` that is a good one to start with, else `last`.

        After a line break is best, then after a space; only the last quarter of the way is looked at.
        """
        nearest = max(first + 1, last - max(1, (last - first) // _LOOK_BACK_SHARE))
        for wanted in ("\n", " \t\n"):
            for index in range(last, nearest - 1, -1):
                if self._follows(index, wanted):
                    return index
        while last > first + 1 and self._shares_character(last):
            last -= 1
        return last

    def cut_after(self, first: int, *, last: int) -> int:
        """This will find the first token in `[first, last]` that follows white space, else `last`."""
        return next((index for index in range(first, last) if self._follows(index, " \t\n")), last)

    def _follows(self, index: int, wanted: str) -> bool:
        place = self.place(index)
        if place >= len(self.text):
            return True
        return self.text[place - 1] in wanted and not self._shares_character(index)

    def _shares_character(self, index: int) -> bool:
        """Whether a token starts within the same character as the one before, as byte-level tokens may."""
        return index < len(self._starts) and self._starts[index] == self._starts[index - 1]

    def pieces(self, start: int, end: int, *, size: int) -> Iterator[int]:
        """This will give the places that cut `[start, end)` into even pieces of at most `size` tokens."""
        first, last = self.index(start), self.index(end)
        while last - first > size:
            parts = -(-(last - first) // size)
            first = self.cut_before(first + -(-(last - first) // parts), first=first)
            yield self.place(first)


def _with_long_stretches_divided(text: str, starts: Sequence[int]) -> Sequence[int]:
    # Never a list of all borders at once: a text of three megabytes has a million of them.
    if all(end - start <= MAX_TOKEN_CHARACTERS for start, end in pairwise(_borders(text, starts))):
        return starts
    divided = array("Q")
    for start, end in pairwise(_borders(text, starts)):
        divided.extend(_places_within(text, start, end))
        divided.append(end)
    return divided[:-1]


def _borders(text: str, starts: Sequence[int]) -> Iterator[int]:
    return chain((0,), starts, (len(text),))


def _places_within(text: str, start: int, end: int) -> Iterator[int]:
    """Divide a long stretch at equal distances, moved to before the letter that an accent belongs to."""
    while end - start > MAX_TOKEN_CHARACTERS:
        place = start + MAX_TOKEN_CHARACTERS
        nearest = place - _MARKS_OF_A_CHARACTER
        start = next(
            (at for at in range(place, nearest, -1) if not _belongs_to_letter_before(text, at)), place
        )
        yield start


def _belongs_to_letter_before(text: str, place: int) -> bool:
    return unicodedata.combining(text[place]) > 0 or text[place] in _JOINERS or text[place - 1] == "\u200d"


def cut_by_tokens(grid: TokenGrid, recipe: ChunkingRecipe) -> Iterator[tuple[int, int]]:
    """This will cut into windows of nearly equal length that overlap by `recipe.overlap_tokens`."""
    size, overlap = recipe.size_tokens, recipe.overlap_tokens
    last = grid.index(len(grid.text))
    first, start = 0, 0
    while last - first > size:
        windows = -(-(last - first - overlap) // (size - overlap))
        length = -(-(last - first + (windows - 1) * overlap) // windows)
        end = grid.cut_before(first + length, first=first + overlap)
        yield start, grid.place(end)
        first = grid.cut_after(end - overlap, last=end)
        start = grid.place(first)
    yield start, len(grid.text)


def cut_by_sentences(
    grid: TokenGrid,
    recipe: ChunkingRecipe,
    sentence_starts: Sequence[int],
    *,
    unbroken: Sequence[tuple[int, int]] = (),
    headings: Sequence[Heading] = (),
) -> Iterator[tuple[int, int]]:
    """This will cut into runs of whole sentences; a heading starts a piece rather than ending one."""
    heading_starts = frozenset(heading.start for heading in headings)
    cuts = _unit_cuts(grid, recipe.size_tokens, (*sentence_starts, *heading_starts), unbroken)
    yield from _packed(grid, recipe, cuts, heading_starts)


def cut_by_headings(
    grid: TokenGrid,
    recipe: ChunkingRecipe,
    sentence_starts: Sequence[int],
    *,
    unbroken: Sequence[tuple[int, int]],
    headings: Sequence[Heading],
) -> Iterator[tuple[int, int]]:
    """This will cut like `cut_by_sentences`, but within sections: no piece goes on past a heading.

    A tiny section goes together with the next one under the same parent, or with its own first subsection,
    where both fit into one piece.
    """
    heading_starts = frozenset(heading.start for heading in headings)
    cuts = _unit_cuts(grid, recipe.size_tokens, (*sentence_starts, *heading_starts), unbroken)
    for start, end in _merged_sections(grid, recipe.size_tokens, headings):
        inside = cuts[bisect_left(cuts, start) : bisect_right(cuts, end)]
        yield from _packed(grid, recipe, inside, heading_starts)


def _unit_cuts(
    grid: TokenGrid, size: int, starts: Sequence[int], unbroken: Sequence[tuple[int, int]]
) -> list[int]:
    """Give the places at which a text may be cut: between sentences, tables, and pieces of long ones."""
    length = len(grid.text)
    wanted = {0, length, *(start for start in starts if 0 < start < length)}
    for start, end in unbroken:
        wanted.update((max(start, 0), min(end, length)))
    places = sorted(wanted)
    for start, end in unbroken:
        inside = slice(bisect_right(places, start), bisect_left(places, end))
        whole = grid.count(start, end) <= size
        places[inside] = [] if whole else _line_starts(grid.text, start, end)
    cuts = [0]
    for start, end in pairwise(places):
        cuts.extend(grid.pieces(start, end, size=size))
        cuts.append(end)
    return cuts


def _line_starts(text: str, start: int, end: int) -> list[int]:
    starts = []
    place = text.find("\n", start, end) + 1
    while start < place < end:
        starts.append(place)
        place = text.find("\n", place, end) + 1
    return starts


def _packed(
    grid: TokenGrid, recipe: ChunkingRecipe, cuts: Sequence[int], heading_starts: frozenset[int]
) -> Iterator[tuple[int, int]]:
    """Fill pieces with units as far as they go; the last two share evenly when the last would be tiny."""
    units = _Units([grid.index(cut) for cut in cuts], [cut in heading_starts for cut in cuts], recipe)
    last = len(cuts) - 1
    first = covered = 0
    while covered < last:
        end = units.end_of_piece(first, covered)
        yield cuts[first], cuts[end]
        first, covered = units.start_after(first, end), end


class _Units:
    """Units that are not cut: where does a piece of them end, and where does the next one start?

    Attributes:
        tokens: the number of tokens before every cut.
        heads: whether a heading starts at that cut.
    """

    def __init__(self, tokens: Sequence[int], heads: Sequence[bool], recipe: ChunkingRecipe) -> None:
        self._tokens = tokens
        self._heads = heads
        self._size = recipe.size_tokens
        self._overlap = recipe.overlap_tokens
        self._last = len(tokens) - 1

    def end_of_piece(self, first: int, covered: int) -> int:
        """Give the cut at which the piece from cut `first` ends: never right behind a heading."""
        least = max(first, covered) + 1
        end = max(least, bisect_right(self._tokens, self._tokens[first] + self._size) - 1)
        if end >= self._last:
            return self._last
        if _is_tiny(self._tokens[self._last] - self._tokens[end], self._size):
            end = self._even_end(first, end, least)
        while end > least and self._heads[end - 1]:
            end -= 1
        return end

    def start_after(self, first: int, end: int) -> int:
        """Give the cut, at most the overlap before `end`, from which the next unit still fits in.

        A heading ends what may be shared: words of another section would stand under the wrong name.
        """
        start = bisect_left(self._tokens, self._tokens[end] - self._overlap, lo=first + 1, hi=end)
        start = next((cut for cut in range(end, start, -1) if self._heads[cut]), start)
        following = self._tokens[min(end + 1, self._last)]
        while start < end and following - self._tokens[start] > self._size:
            start += 1
        return start

    def _even_end(self, first: int, end: int, least: int) -> int:
        """Move the end of the last piece but one back, so that the two last are as even as can be."""
        best, smallest = end, self._size + 1
        for middle in range(end, least - 1, -1):
            second = self._tokens[self._last] - self._tokens[self.start_after(first, middle)]
            if second > self._size:
                break
            difference = abs(self._tokens[middle] - self._tokens[first] - second)
            if difference < smallest:
                best, smallest = middle, difference
        return best


def _is_tiny(tokens: int, size: int) -> bool:
    return tokens * _TINY_SHARE < size


def _merged_sections(grid: TokenGrid, size: int, headings: Sequence[Heading]) -> Iterator[tuple[int, int]]:
    sections = list(pairwise((0, *(heading.start for heading in headings), len(grid.text))))
    levels = [0, *(heading.level for heading in headings)]
    start, end = sections[0]
    last_tokens = grid.count(start, end)
    for position in range(1, len(sections)):
        following = sections[position]
        tokens = grid.count(*following)
        tiny = _is_tiny(min(last_tokens, tokens), size)
        if tiny and _related(levels, position) and grid.count(start, following[1]) <= size:
            end, last_tokens = following[1], grid.count(start, following[1])
            continue
        yield start, end
        start, end = following
        last_tokens = tokens
    yield start, end


def _related(levels: Sequence[int], position: int) -> bool:
    """Say whether a section is a sibling of the one before it, or its first subsection."""
    return levels[position] >= levels[position - 1]
