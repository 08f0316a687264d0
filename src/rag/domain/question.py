"""What may a question be?"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from rag.domain.documents import DocumentId
from rag.domain.errors import InvalidInputError
from rag.domain.words import folded

MAX_QUESTION_CHARACTERS: Final = 2000
MAX_TOP_K: Final = 50
DEFAULT_TOP_K: Final = 5


class QuestionTooLongError(InvalidInputError):
    """The question is longer than we read."""

    code = "question_too_long"
    advice = "Shorten the question; long material belongs into a document."

    def __init__(self, length: int) -> None:
        super().__init__(f"Question too long: {length} characters, the limit is {MAX_QUESTION_CHARACTERS}.")
        self.length = length
        self.limit = MAX_QUESTION_CHARACTERS


class EmptyQuestionError(InvalidInputError):
    """There is nothing to answer."""

    code = "question_empty"
    advice = "Ask at least one word."


class InvalidTopKError(InvalidInputError):
    """The number of passages asked for is out of range."""

    code = "top_k_out_of_range"
    advice = f"Ask for 1 to {MAX_TOP_K} passages."


class RerankMode(StrEnum):
    """Whether passages are judged once more before they are read: where it pays, or as asked."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents may answer; every condition that is given must hold.

    Attributes:
        sources: names of documents, any of which will do.
        document_ids: ids, any of which will do.
        dated_from: the document's date is this or later.
        dated_before: the document's date is earlier than this.
        metadata: field to value; all of them must match exactly.
    """

    sources: frozenset[str] = frozenset()
    document_ids: frozenset[DocumentId] = frozenset()
    dated_from: datetime | None = None
    dated_before: datetime | None = None
    metadata: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        """Whether it narrows anything."""
        return bool(
            self.sources or self.document_ids or self.dated_from or self.dated_before or self.metadata
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What the user asked, cleaned: use `Question.of` to make one from what arrived."""

    text: str
    top_k: int = DEFAULT_TOP_K
    filter: Filter = field(default_factory=Filter)
    session: str | None = None
    rerank: RerankMode = RerankMode.AUTO

    @classmethod
    def of(
        cls,
        text: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        filter_by: Filter | None = None,
        session: str | None = None,
        rerank: RerankMode = RerankMode.AUTO,
    ) -> "Question":
        r"""Clean `text` and check it.

        >>> Question.of("  What is\n a   generation? ").text
        'What is a generation?'

        Raises:
            QuestionTooLongError: more than 2,000 characters are left after cleaning.
            EmptyQuestionError: nothing is left.
            InvalidTopKError: `top_k` is not within 1 to 50.
        """
        cleaned = clean_question(text)
        if not cleaned:
            raise EmptyQuestionError("The question is empty.")
        if len(cleaned) > MAX_QUESTION_CHARACTERS:
            raise QuestionTooLongError(len(cleaned))
        if not 1 <= top_k <= MAX_TOP_K:
            raise InvalidTopKError(f"top_k is {top_k}, but must be 1 to {MAX_TOP_K}.")
        return cls(text=cleaned, top_k=top_k, filter=filter_by or Filter(), session=session, rerank=rerank)


def clean_question(text: str) -> str:
    r"""Fold white space and drop characters that PostgreSQL and logs cannot carry.

    >>> clean_question("a\x00b\ud800 c")
    'ab c'
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    return folded(kept)
