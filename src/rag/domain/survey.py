"""How is a whole library cut, and what should somebody look at?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rag.domain.documents import Chunk
from rag.domain.inspection import FIRST_WORDS, ChunkReport, Sizes, sizes_of

REPEATED_IN: Final = 3
EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class OddPlace:
    """A chunk that is worth a look."""

    source: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class RepeatedText:
    """A chunk's text that stands in several documents: boilerplate, or copies of a document."""

    first_words: str
    documents: int
    example: OddPlace


@dataclass(frozen=True, slots=True)
class Survey:
    """The chunks of a library together.

    Attributes:
        without_chunks: sources of documents in which nothing can be found.
        oddities: how many chunks are odd in which way.
        examples: some chunks for each way of being odd.
        repeated: texts that stand in at least REPEATED_IN documents, the most frequent first.
        uncovered_characters: how many characters of all texts, white space left out, are in no chunk.
    """

    documents: int
    chunks: int
    tokens: Sizes | None
    overlaps: Sizes | None
    without_chunks: tuple[str, ...]
    oddities: Mapping[str, int]
    examples: Mapping[str, tuple[OddPlace, ...]]
    repeated: tuple[RepeatedText, ...]
    uncovered_characters: int


@dataclass(slots=True)
class Surveyor:
    """Adds up reports on documents; what it keeps of each is some numbers a chunk."""

    _documents: int = 0
    _tokens: list[int] = field(default_factory=list)
    _overlaps: list[int] = field(default_factory=list)
    _without_chunks: list[str] = field(default_factory=list)
    _oddities: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, list[OddPlace]] = field(default_factory=dict)
    _seen_in: Counter[int] = field(default_factory=Counter)
    _first_seen: dict[int, tuple[str, OddPlace]] = field(default_factory=dict)
    _uncovered: int = 0

    def add(self, source: str, chunks: Sequence[Chunk], report: ChunkReport) -> None:
        """This will add one document, whose chunks `report` describes."""
        self._documents += 1
        self._uncovered += report.uncovered_characters
        if not chunks:
            self._without_chunks.append(source)
        self._tokens += [chunk.tokens for chunk in report.chunks]
        self._overlaps += [chunk.overlap for chunk in report.chunks[1:]]
        for odd in report.odd:
            for oddity in odd.oddities:
                kind = "duplicate within its document" if oddity.startswith("duplicate") else oddity
                self._oddities[kind] += 1
                self._remember(kind, OddPlace(source, odd.ordinal))
        # Not the texts themselves: a library of a million chunks must fit into memory.
        for key, chunk in {hash(chunk.text): chunk for chunk in chunks}.items():
            self._seen_in[key] += 1
            first_words = " ".join(chunk.text.split()[:FIRST_WORDS])
            self._first_seen.setdefault(key, (first_words, OddPlace(source, chunk.ordinal)))

    def _remember(self, kind: str, place: OddPlace) -> None:
        examples = self._examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append(place)

    def survey(self) -> Survey:
        """This will give what was added up."""
        often = [(key, count) for key, count in self._seen_in.most_common() if count >= REPEATED_IN]
        return Survey(
            documents=self._documents,
            chunks=len(self._tokens),
            tokens=sizes_of(self._tokens),
            overlaps=sizes_of(self._overlaps),
            without_chunks=tuple(self._without_chunks),
            oddities=dict(self._oddities.most_common()),
            examples={kind: tuple(places) for kind, places in self._examples.items()},
            repeated=tuple(
                RepeatedText(self._first_seen[key][0], n, self._first_seen[key][1]) for key, n in often
            ),
            uncovered_characters=self._uncovered,
        )
