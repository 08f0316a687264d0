"""Which printed lines belong together, and which are a page's running head or foot?"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, TypeAlias

HYPHEN_AT_BREAK: Final = "\ufffe"  # what PDFium leaves in place of a hyphen and the line break after it
CELL_BREAK: Final = " | "  # what we write between the cells of a row

STARTS_AN_ITEM: Final = re.compile(
    r"[•▪‣◦●○■□✓➢*\uf0b7]|[-\u2013\u2014]\s|\(?\d{1,2}(?:\.\d+)*[.)]\s|\(?[a-zA-Z][.)]\s|\([ivx]+\)\s"
)
_NUMBER: Final = re.compile(
    r"[(\[]?[$€£¥+\u2212\u2013-]?[(]?[$€£¥]?\d[\d.,:/]*[)\]%x*]*|[$€£¥%\u2014\u2013-]|[Nn]/[AaMm]"
)
_LIKE_A_NUMBER: Final = re.compile(r"[\d$€£¥%\u2014\u2013-]|[Nn]/[AaMm]")
ENDS_A_SENTENCE: Final = re.compile(r"[.!?:;][\"'\u201d\u2019)\]]*$")
_WORD_WITH_HYPHEN: Final = re.compile(r"[^\W\d_]{1,60}-[^\W\d_]{1,60}")
_DIGITS: Final = re.compile(r"\d+")

_NEIGHBOURS: Final = 6
_SHORT: Final = 0.7
_NOT_QUITE_FULL: Final = 0.87
_LIKE_A_HEADING: Final = 0.5
_ROW_NUMBERS: Final = 2
_ROW_SHARE: Final = 0.4

_EDGE_LINES: Final = 2
_PAGES_TO_JUDGE: Final = 4
_SAME_SHARE: Final = 0.4
_PAGES_TO_COUNT: Final = 3
_COUNTING_SHARE: Final = 0.05
_PAGE_NUMBER_DIGITS: Final = 5
_RUNNING_CHARACTERS: Final = 150

_Key: TypeAlias = tuple[str, int | None]


def without_running_lines(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """This will leave out the lines at the edges of pages that come back from page to page.

    A line counts as running when it is the same, but for its numbers, on many pages of a document of four or
    more; or when a number in it counts the pages. A page never loses all of its lines.
    """
    edges = [
        {key for line in _edges(page) for key in _keys(line, number)} for number, page in enumerate(pages)
    ]
    counted = Counter(key for keys in edges for key in keys)
    same = max(_PAGES_TO_JUDGE, _SAME_SHARE * len(pages))
    counting = max(_PAGES_TO_COUNT, _COUNTING_SHARE * len(pages))
    running = {key for key, count in counted.items() if count >= (same if key[1] is None else counting)}
    return [_trimmed(lines, number, running) for number, lines in enumerate(pages)]


def _edges(lines: Sequence[str]) -> Sequence[str]:
    written = [line for line in lines if line]
    return [*written[:_EDGE_LINES], *written[-_EDGE_LINES:]]


def _keys(line: str, page: int) -> Iterator[_Key]:
    """Name a line by its words, and by these with how far its first and last number are from the page's."""
    if not line or len(line) > _RUNNING_CHARACTERS:
        return
    words = _DIGITS.sub("#", line).casefold()
    yield words, None
    numbers = [number for number in _DIGITS.findall(line) if len(number) <= _PAGE_NUMBER_DIGITS]
    for number in {*numbers[:1], *numbers[-1:]}:
        yield words, int(number) - page


def _trimmed(lines: Sequence[str], page: int, running: AbstractSet[_Key]) -> list[str]:
    written = [place for place, line in enumerate(lines) if line]
    first, last = 0, len(written)
    while first < min(_EDGE_LINES, last) and not running.isdisjoint(_keys(lines[written[first]], page)):
        first += 1
    while last > max(first, len(written) - _EDGE_LINES) and not running.isdisjoint(
        _keys(lines[written[last - 1]], page)
    ):
        last -= 1
    return list(lines[written[first] : written[last - 1] + 1]) if first < last else list(lines)


@lru_cache(maxsize=1024)  # each line is asked about with the one before it and with the next
def is_row(line: str) -> bool:
    """This will say whether a line is like a row of a table: it has cells, or words and then mostly numbers.

    >>> is_row("Services 21,213 19,604"), is_row("We sold 3 of them in 2022 and none in the year after that.")
    (True, False)
    """
    if CELL_BREAK in line:
        return True
    if _LIKE_A_NUMBER.search(line) is None:
        return False
    words = line.split()
    numbers = sum(1 for word in words if _NUMBER.fullmatch(word))
    return numbers >= _ROW_NUMBERS and numbers >= _ROW_SHARE * len(words)


def paragraphs(lines: Sequence[str]) -> list[str]:
    """This will put the lines of a page together into paragraphs; headings, items and rows stay apart."""
    lengths = [len(line) for line in lines]
    joined: list[str] = []
    for position, line in enumerate(lines):
        if joined and line and lines[position - 1]:
            around = lengths[max(0, position - _NEIGHBOURS) : position + _NEIGHBOURS]
            if continues(lines[position - 1], line, width=max(around)):
                joined[-1] = join(joined[-1], line)
                continue
        if line:
            joined.append(line)
    return joined


def continues(line: str, following: str, *, width: int) -> bool:
    """This will say whether `following` goes on with the paragraph of `line`.

    `width` is the length of the longest line around them: a line that nearly reaches it was broken because
    the next word did not fit, a shorter one because a paragraph, a heading or a row ended.
    """
    if line.endswith(HYPHEN_AT_BREAK):
        return True
    if STARTS_AN_ITEM.match(following) or is_row(line) or is_row(following):
        return False
    ended = ENDS_A_SENTENCE.search(line) is not None
    if len(line) < _SHORT * width:
        return not ended and following[0].islower()
    if not ended:
        return True
    if len(following) < _LIKE_A_HEADING * width and not ENDS_A_SENTENCE.search(following):
        return False
    return len(line) + 1 + len(following.split(None, 1)[0]) > _NOT_QUITE_FULL * width


def join(text: str, following: str) -> str:
    """This will join two lines of a paragraph; a word hyphenated at the break gets PDFium's own mark.

    >>> join("the pre-", "vious line") == "the pre" + HYPHEN_AT_BREAK + "vious line"
    True
    """
    if text.endswith(HYPHEN_AT_BREAK):
        return text + following
    if text.endswith("-") and text[-2:-1].isalpha() and following[:1].islower():
        return f"{text[:-1]}{HYPHEN_AT_BREAK}{following}"
    return f"{text} {following}"


def rejoin_words(texts: Sequence[str]) -> list[str]:
    """This will put broken words together, with a hyphen only where the document spells them with one.

    >>> rejoin_words(["an well-known exam" + HYPHEN_AT_BREAK + "ple is well" + HYPHEN_AT_BREAK + "known"])
    ['an well-known example is well-known']
    """
    if not any(HYPHEN_AT_BREAK in text for text in texts):
        return list(texts)
    hyphenated = {
        word.casefold() for text in texts if "-" in text for word in _WORD_WITH_HYPHEN.findall(text)
    }

    def spelt(match: re.Match[str]) -> str:
        before, after = match.group(1), match.group(2)
        keeps = not (before[-1:].isalpha() and after[:1].islower())
        return (
            f"{before}-{after}" if keeps or f"{before}-{after}".casefold() in hyphenated else before + after
        )

    broken = re.compile(rf"(\w{{0,60}}){HYPHEN_AT_BREAK}(\w{{0,60}})")
    return [broken.sub(spelt, text) if HYPHEN_AT_BREAK in text else text for text in texts]
