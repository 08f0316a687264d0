"""What is an answer, and when do we decline to give one?"""

from dataclasses import dataclass

from rag.domain.documents import ChunkId, DocumentId


@dataclass(frozen=True, slots=True)
class Span:
    """`[start, end)` characters of a document's stored text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement of the answer comes from.

    Attributes:
        number: the `n` of the marker `[n]` in the answer's text, from 1.
        text: the words cited: the document's stored text at `span`.
    """

    number: int
    chunk_id: ChunkId
    document_id: DocumentId
    source: str
    title: str
    page: int | None
    section: str | None
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a language model read and wrote; none where no model was asked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What we say, and where it comes from.

    Attributes:
        text: the answer with its markers; when `abstained`, one sentence that says so.
        abstained: the evidence was too thin (NotEnoughEvidence), so nothing is claimed.
        writer: what wrote it: `extractive`, or a language model's name.
        degraded: parts that were missing while it was made, such as `llm`.
        confidence: the chance, 0 to 1, that the evidence answers the question; None where nobody looked.
    """

    text: str
    citations: tuple[Citation, ...]
    abstained: bool
    writer: str
    degraded: tuple[str, ...] = ()
    usage: Usage = Usage()
    confidence: float | None = None


NOT_ENOUGH_EVIDENCE = "I could not find an answer to this in the documents."


NO_DOCUMENTS = "There are no documents to answer from yet: ingest some first."


def no_documents(*, writer: str) -> Answer:
    """Decline: the library is empty.

    >>> no_documents(writer="extractive").abstained
    True
    """
    return Answer(text=NO_DOCUMENTS, citations=(), abstained=True, writer=writer)


def not_enough_evidence(*, writer: str) -> Answer:
    """Decline: nothing relevant enough was found.

    >>> not_enough_evidence(writer="extractive").abstained
    True
    """
    return Answer(text=NOT_ENOUGH_EVIDENCE, citations=(), abstained=True, writer=writer)
