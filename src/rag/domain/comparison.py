"""How does one answer differ from another to the same question?"""

from dataclasses import dataclass
from enum import StrEnum

from rag.domain.answer import Answer, Citation
from rag.domain.words import folded


class Change(StrEnum):
    """What became of a citation."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    MOVED = "moved"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True)
class CitationChange:
    """What became of one citation.

    Attributes:
        before: its number in the earlier answer; None where it appeared.
        after: its number in the later answer; None where it vanished.
    """

    change: Change
    citation: Citation
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """How an answer differs from an earlier one.

    Attributes:
        same_text: whether both say the same, word by word.
        citations: those of the later answer in order, then those that vanished.
    """

    same_text: bool
    citations: tuple[CitationChange, ...]

    def count(self, change: Change) -> int:
        """Count the citations that this became of."""
        return sum(one.change is change for one in self.citations)


def difference(before: Answer, after: Answer) -> AnswerDifference:
    """Compare two answers; a citation is the same when the same words of the same document are cited.

    Chunks are not compared: another generation has other chunks, and may cite the same words all the same.
    """
    earlier = {_words_cited(citation): citation.number for citation in before.citations}
    later = {_words_cited(citation) for citation in after.citations}
    found = [_of_later(citation, earlier.get(_words_cited(citation))) for citation in after.citations]
    vanished = [
        CitationChange(Change.VANISHED, citation, citation.number, None)
        for citation in before.citations
        if _words_cited(citation) not in later
    ]
    return AnswerDifference(same_text=before.text == after.text, citations=(*found, *vanished))


def _of_later(citation: Citation, before: int | None) -> CitationChange:
    if before is None:
        return CitationChange(Change.APPEARED, citation, None, citation.number)
    change = Change.STAYED if before == citation.number else Change.MOVED
    return CitationChange(change, citation, before, citation.number)


def _words_cited(citation: Citation) -> tuple[str, str]:
    return citation.source, folded(citation.text)
