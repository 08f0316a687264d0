"""Which passages say again what one before them says?"""

import re
from collections.abc import Sequence
from typing import Final

from rag.domain.ranking import Passage

SAME: Final = 0.8  # the share of a passage's runs of three words that a better one holds
_RUN: Final = 3
_WORD: Final = re.compile(r"\w+")


def distinct(passages: Sequence[Passage], *, limit: int) -> tuple[Passage, ...]:
    """Give the first `limit` passages that do not say again what one before them says.

    One does when nearly all of its words stand, in their order, in a passage that is kept before it.

    Copies of a document, and versions of one that differ in a date or a name, are told this way. Two chunks
    that share their overlap are not, and neither is a long passage that holds a short one before it.
    (Containment of shingles: Broder 1997.)
    """
    kept: list[tuple[Passage, frozenset[tuple[str, ...]]]] = []
    for passage in passages:
        if len(kept) == limit:
            break
        runs = _runs(passage.chunk.text)
        if not runs or all(len(runs & others) / len(runs) < SAME for _, others in kept):
            kept.append((passage, runs))
    return tuple(passage for passage, _ in kept)


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    if len(words) < _RUN:
        return frozenset([tuple(words)] if words else [])
    return frozenset(zip(*(words[start:] for start in range(_RUN)), strict=False))
