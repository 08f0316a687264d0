"""What does a question look like, and what its answer?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, StrictBool, StrictInt

from rag.domain.question import (
    DEFAULT_TOP_K,
    MAX_QUESTION_CHARACTERS,
    MAX_TOP_K,
    Filter,
    Question,
    RerankMode,
)
from rag.domain.ranking import Passage
from rag.interfaces.http.schemas.passages import (
    CITATION_EXAMPLE,
    PASSAGE_EXAMPLE,
    CitationBody,
    PassageBody,
)
from rag.interfaces.http.schemas.requests import RequestBody, StorableText
from rag.ports.journal import QueryRecord

MAX_FILTER_VALUES: Final = 1000
MAX_SESSION_CHARACTERS: Final = 200


class FilterBody(RequestBody):
    """Which documents may answer; every condition that is given must hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sources": ["guides/backup.md"], "dated_from": "2026-01-01T00:00:00Z"}]
        }
    )

    sources: Annotated[
        tuple[StorableText, ...],
        Field(max_length=MAX_FILTER_VALUES, description="Names of documents, any of which will do."),
    ] = ()
    document_ids: Annotated[
        tuple[UUID, ...], Field(max_length=MAX_FILTER_VALUES, description="Ids, any of which will do.")
    ] = ()
    dated_from: Annotated[
        AwareDatetime | None, Field(description="The document's date is this or later; RFC 3339.")
    ] = None
    dated_before: Annotated[
        AwareDatetime | None, Field(description="The document's date is earlier than this; RFC 3339.")
    ] = None
    metadata: Annotated[
        dict[StorableText, StorableText],
        Field(
            default_factory=dict,
            max_length=MAX_FILTER_VALUES,
            description="Field to value; all must match exactly.",
        ),
    ]

    def to_filter(self) -> Filter:
        """This will say the same in the domain's words."""
        return Filter(
            sources=frozenset(self.sources),
            document_ids=frozenset(self.document_ids),
            dated_from=self.dated_from,
            dated_before=self.dated_before,
            metadata=tuple(self.metadata.items()),
        )


QuestionText = Annotated[
    str,
    Field(
        description=f"What is asked: 1 to {MAX_QUESTION_CHARACTERS} characters after white space is folded.",
        examples=["How do I restore a backup?"],
    ),
]
# The domain checks the range, so that the HTTP interface and the CLI say the same about it.
TopK = Annotated[
    StrictInt,
    Field(
        description="How many passages are read.",
        json_schema_extra={"minimum": 1, "maximum": MAX_TOP_K},
    ),
]
Rerank = Annotated[
    RerankMode,
    Field(
        description="Whether passages are judged once more before they are read: `auto` leaves a clear first "
        "one as it is, `never` is fastest."
    ),
]
GivenFilter = Annotated[FilterBody | None, Field(description="Which documents may answer; null: all.")]


class SearchRequest(RequestBody):
    """A question that wants passages, not an answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "restore a backup", "top_k": 3}]})

    question: QuestionText
    top_k: TopK = DEFAULT_TOP_K
    filter: GivenFilter = None
    rerank: Rerank = RerankMode.AUTO

    def to_question(self) -> Question:
        """This will clean and check the question.

        Raises:
            QuestionTooLongError, EmptyQuestionError, InvalidTopKError.
        """
        given = self.filter.to_filter() if self.filter else None
        return Question.of(self.question, top_k=self.top_k, filter_by=given, rerank=self.rerank)


class QueryRequest(RequestBody):
    """A question that wants an answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "How do I restore a backup?", "top_k": 5},
                {
                    "question": "How do I restore a backup?",
                    "filter": {"sources": ["guides/backup.md"]},
                    "stream": True,
                },
            ]
        }
    )

    question: QuestionText
    top_k: TopK = DEFAULT_TOP_K
    filter: GivenFilter = None
    rerank: Rerank = RerankMode.AUTO
    session: Annotated[
        StorableText | None,
        Field(
            max_length=MAX_SESSION_CHARACTERS,
            description="A name of your own for the conversation; it is kept in the query log. A question "
            "that leans on earlier ones of the last hour, such as “And how long?”, is read after them. "
            "Whoever knows the name shares the conversation, so choose one that nobody can guess, such as a "
            "random UUID: no API key guards it yet.",
        ),
    ] = None
    stream: Annotated[
        StrictBool, Field(description="Send the answer as server-sent events while it is written.")
    ] = False

    def to_question(self) -> Question:
        """This will clean and check the question.

        Raises:
            QuestionTooLongError, EmptyQuestionError, InvalidTopKError.
        """
        given = self.filter.to_filter() if self.filter else None
        return Question.of(
            self.question,
            top_k=self.top_k,
            filter_by=given,
            session=self.session,
            rerank=self.rerank,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBody:
    """Tokens of a language model; 0 where none was asked."""

    prompt_tokens: Annotated[int, Field(description="Tokens that it read.")]
    completion_tokens: Annotated[int, Field(description="Tokens that it wrote.")]


TimingsMs = Annotated[dict[str, float], Field(description="Milliseconds by stage.")]
LatencyMs = Annotated[float, Field(description="Milliseconds from the question until the reply was ready.")]
RequestId = Annotated[str, Field(description="The request's id, as in the X-Request-ID header and the log.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEnvelope:
    """An answer, and where it comes from."""

    request_id: RequestId
    query_log_id: Annotated[UUID, Field(description="The entry of the query log; feedback names it.")]
    answer: Annotated[str, Field(description="The text, with markers such as `[1]`.")]
    abstained: Annotated[bool, Field(description="The evidence was too thin, so nothing is claimed.")]
    citations: Annotated[list[CitationBody], Field(description="What the markers refer to, in order.")]
    degraded: Annotated[list[str], Field(description="Parts that were missing while it was made.")]
    cache: Annotated[
        Literal["miss", "hit", "semantic"],
        Field(description="Whether an earlier answer was used again; this version always answers anew."),
    ]
    model: Annotated[str, Field(description="What wrote it: `extractive`, or a language model's name.")]
    generation: Annotated[str | None, Field(description="The build of the index that was searched.")]
    usage: Annotated[UsageBody, Field(description="Tokens of a language model.")]
    cost_usd: Annotated[float, Field(description="What a language model charged, in US dollars.")]
    timings_ms: TimingsMs
    latency_ms: LatencyMs
    confidence: Annotated[
        float | None,
        Field(description="The chance, 0 to 1, that the passages answer the question; null: nobody looked."),
    ]
    read_as: Annotated[
        str | None,
        Field(description="How a question that leans on earlier ones was read; null: as it was asked."),
    ]

    @classmethod
    def of(cls, record: QueryRecord) -> "AnswerEnvelope":
        """This will show an answer as it stands in the query log."""
        answer = record.answer
        return cls(
            request_id=record.request_id,
            query_log_id=record.id,
            answer=answer.text,
            abstained=answer.abstained,
            citations=[CitationBody.of(citation) for citation in answer.citations],
            degraded=list(answer.degraded),
            cache="miss",
            model=answer.writer,
            generation=record.generation,
            usage=UsageBody(
                prompt_tokens=answer.usage.prompt_tokens, completion_tokens=answer.usage.completion_tokens
            ),
            cost_usd=0.0,
            timings_ms=rounded(record.timings_ms),
            latency_ms=round(record.latency_ms, 3),
            confidence=None if answer.confidence is None else round(answer.confidence, 3),
            read_as=record.read_as,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReply:
    """What was found, best first."""

    request_id: RequestId
    generation: Annotated[
        str | None, Field(description="The build of the index that was searched; null: nothing was found.")
    ]
    passages: Annotated[list[PassageBody], Field(description="The passages, best first.")]
    timings_ms: TimingsMs
    latency_ms: LatencyMs


def shown(passages: Sequence[Passage]) -> list[PassageBody]:
    """This will show passages in their order."""
    return [PassageBody.of(passage, rank=rank) for rank, passage in enumerate(passages, start=1)]


def rounded(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """This will round to microseconds: more digits would be noise."""
    return {stage: round(milliseconds, 3) for stage, milliseconds in timings_ms.items()}


ANSWER_EXAMPLE: Final = AnswerEnvelope(
    request_id="8e1fb1a0-6a54-4d0e-9d3e-5b6f1c1f8a10",
    query_log_id=UUID("b8a0d9f4-2f0b-4b0a-9f6c-7c1f3a5e2d90"),
    answer="Run the restore before you start the service. [1]",
    abstained=False,
    citations=[CITATION_EXAMPLE],
    degraded=[],
    cache="miss",
    model="extractive",
    generation="rag-0001-4f1d2c9a",
    usage=UsageBody(prompt_tokens=0, completion_tokens=0),
    cost_usd=0.0,
    timings_ms={
        "embed": 3.1,
        "retrieve": 4.6,
        "fuse": 0.4,
        "read": 2.2,
        "rerank": 121.7,
        "split": 1.4,
        "extract": 38.2,
    },
    latency_ms=174.1,
    confidence=0.87,
    read_as=None,
)
SEARCH_EXAMPLE: Final = SearchReply(
    request_id="8e1fb1a0-6a54-4d0e-9d3e-5b6f1c1f8a10",
    generation="rag-0001-4f1d2c9a",
    passages=[PASSAGE_EXAMPLE],
    timings_ms={"embed": 3.1, "retrieve": 4.6, "fuse": 0.1, "read": 2.2},
    latency_ms=10.3,
)
