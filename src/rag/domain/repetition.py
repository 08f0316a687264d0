"""Which passages say again what one before them says?"""

import re
from collections.abc import Sequence
from typing import Final

from rag.domain.ranking import Passage

SAME: Final = 0.8  # the share of the shorter passage's runs of three words that the other one holds
_RUN: Final = 3
_WORD: Final = re.compile(r"\w+")


def distinct(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Leave out every passage nearly all of whose words stand, in their order, in one that is kept before it.

    Copies of a document, and versions of one that differ in a date or a name, are told this way; two chunks
    that share their overlap are not. (Containment of shingles: Broder 1997.)
    """
    kept: list[tuple[Passage, frozenset[tuple[str, ...]]]] = []
    for passage in passages:
        runs = _runs(passage.chunk.text)
        if all(_shared(runs, others) < SAME for _, others in kept):
            kept.append((passage, runs))
    return tuple(passage for passage, _ in kept)


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    if len(words) < _RUN:
        return frozenset([tuple(words)])
    return frozenset(zip(*(words[start:] for start in range(_RUN)), strict=False))


def _shared(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    return len(one & other) / min(len(one), len(other))
