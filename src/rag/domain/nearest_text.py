"""Which words of a text come nearest to words that do not stand in it?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

LEAST_SHARE: Final = 0.5


def nearest_text(quote: str, text: str) -> str | None:
    """Give the stretch of as many words that shares most words with `quote`, or None below half of them.

    Case does not count. Of equals, the one with most words at their places is given, and then the first.

    >>> nearest_text("Restart the old engine.", "When it hangs, restart the new engine. Then wait.")
    'restart the new engine.'
    >>> nearest_text("Restart the engine.", "Nothing of the kind.") is None
    True
    """
    wanted, words = quote.casefold().split(), text.split()
    plain = [word.casefold() for word in words]
    shared = list(_shared(wanted, plain))
    best = max(shared, default=0)
    if not wanted or best < LEAST_SHARE * len(wanted):
        return None
    starts = [start for start, count in enumerate(shared) if count == best]
    nearest = max(starts, key=lambda start: _in_place(wanted, plain[start : start + len(wanted)]))
    return " ".join(words[nearest : nearest + len(wanted)])


def _shared(wanted: Sequence[str], words: Sequence[str]) -> Iterator[int]:
    """Count, for each stretch of so many words, those that it shares with `wanted`."""
    needed, window, size, shared = Counter(wanted), Counter[str](), len(wanted), 0
    for end, word in enumerate(words, start=1):
        window[word] += 1
        shared += window[word] <= needed[word]
        if end > size:
            left = words[end - size - 1]
            shared -= window[left] <= needed[left]
            window[left] -= 1
        if end >= size or end == len(words):  # a text that is shorter than the quote is one stretch
            yield shared


def _in_place(wanted: Sequence[str], words: Sequence[str]) -> int:
    return sum(one == other for one, other in zip(wanted, words, strict=False))
