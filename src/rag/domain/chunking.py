"""Into which pieces is a document cut, so that each can be found, read and cited by itself?"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from rag.domain.cutting import TokenGrid, cut_by_headings, cut_by_sentences, cut_by_tokens
from rag.domain.documents import Chunk, Document, Heading, chunk_id_for, sha256_hex
from rag.domain.garbling import is_garbled
from rag.domain.recipe import ChunkingRecipe, ChunkingStrategy
from rag.domain.words import folded

MAX_HEADING_LINE_CHARACTERS: Final = 120
_LETTER_OR_DIGIT: Final = re.compile(r"[^\W_]")


def chunk_document(
    document: Document,
    *,
    generation: str,
    recipe: ChunkingRecipe,
    token_starts: Sequence[int],
    sentence_spans: Sequence[tuple[int, int]],
) -> tuple[Chunk, ...]:
    """This will cut a document into chunks of at most `recipe.size_tokens`, in the order of its text.

    A chunk has at most `MAX_TOKEN_CHARACTERS` for each of its tokens, and once more, however long words are.
    Every letter and digit of the text is in a chunk, except where the encoding is broken beyond reading.
    Neighbours share whole sentences (with FIXED: tokens) of at most `recipe.overlap_tokens`. Tables and code
    that fit into a chunk are in one piece.

    `token_starts` are the characters at which the model's tokens start, `sentence_spans` the `[start, end)`
    of the sentences of the whole text, both in order; FIXED needs no sentences.
    """
    text = document.parsed.text
    grid = TokenGrid(text, token_starts)
    ranges = _ranges(document, recipe, grid, [start for start, _ in sentence_spans])
    places = _Places(document)
    return tuple(
        _chunk(document, generation, places, ordinal=ordinal, span=span, token_count=grid.true_count(*span))
        for ordinal, span in enumerate(_worth_keeping(text, ranges))
    )


def _chunk(
    document: Document,
    generation: str,
    places: "_Places",
    *,
    ordinal: int,
    span: tuple[int, int],
    token_count: int,
) -> Chunk:
    start, end = span
    words = document.parsed.text[start:end]
    section = places.section_at(start)
    embedded = _embedded_text(document.title, section, words)
    return Chunk(
        id=chunk_id_for(
            document.id, content_hash=document.content_hash, generation=generation, ordinal=ordinal
        ),
        document_id=document.id,
        ordinal=ordinal,
        start=start,
        end=end,
        text=words,
        page=places.page_at(start),
        section=section,
        token_count=token_count,
        embedded_text=embedded,
        embedding_hash=sha256_hex(embedded.encode()),
    )


def _ranges(
    document: Document, recipe: ChunkingRecipe, grid: TokenGrid, sentence_starts: Sequence[int]
) -> Iterator[tuple[int, int]]:
    parsed = document.parsed
    if recipe.strategy is ChunkingStrategy.FIXED:
        return cut_by_tokens(grid, recipe)
    if recipe.strategy is ChunkingStrategy.HEADING_AWARE:
        return cut_by_headings(
            grid, recipe, sentence_starts, unbroken=parsed.unbroken, headings=parsed.headings
        )
    return cut_by_sentences(grid, recipe, sentence_starts, unbroken=parsed.unbroken, headings=parsed.headings)


def _worth_keeping(text: str, ranges: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Trim white space, and leave out what says nothing, or nothing that the chunk before does not say."""
    covered = 0
    last_start = -1
    for start, end in ranges:
        trimmed_start, trimmed_end = _trimmed(text, start, end)
        if trimmed_start <= last_start:  # all that was repeated before it is white space
            trimmed_start, trimmed_end = _trimmed(text, covered, end)
        says_something = _LETTER_OR_DIGIT.search(text, max(trimmed_start, covered), max(trimmed_end, covered))
        if says_something and not is_garbled(text[trimmed_start:trimmed_end]):
            covered, last_start = trimmed_end, trimmed_start
            yield trimmed_start, trimmed_end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


class _Places:
    """The page and the headings of every place; a title that is repeated as the first heading is left out."""

    def __init__(self, document: Document) -> None:
        headings = document.parsed.headings
        self._pages = document.parsed.pages
        self._page_starts = [page.start for page in self._pages]
        self._starts = [heading.start for heading in headings]
        self._paths: list[str | None] = []
        above: list[Heading] = []
        repeats_title = bool(headings) and headings[0].title.casefold() == document.title.casefold()
        for heading in headings:
            while above and above[-1].level >= heading.level:
                above.pop()
            above.append(heading)
            named = [one.title for one in above if not (repeats_title and one is headings[0])]
            self._paths.append(" > ".join(named) or None)

    def page_at(self, place: int) -> int | None:
        """Give the number of the page that a character is on."""
        if not self._pages:
            return None
        return self._pages[max(bisect_right(self._page_starts, place) - 1, 0)].number

    def section_at(self, place: int) -> str | None:
        """Give the path at a character, a heading that starts there included."""
        position = bisect_right(self._starts, place) - 1
        return self._paths[position] if position >= 0 else None


def _embedded_text(title: str, section: str | None, words: str) -> str:
    line = " > ".join(part for part in (title.strip(), section) if part)
    line = _cut_at_word(folded(line), MAX_HEADING_LINE_CHARACTERS)
    return words if not line or words.startswith(line) else f"{line}\n{words}"


def _cut_at_word(line: str, limit: int) -> str:
    """Shorten a line to `limit` characters, at the end of a word where there is one.

    >>> _cut_at_word("Backups and restores", 12)
    'Backups and'
    """
    if len(line) <= limit:
        return line
    kept = line[: limit + 1].rpartition(" ")[0] or line[:limit]
    return kept.rstrip(" >")
