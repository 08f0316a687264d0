"""How is a question asked over HTTP?"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from rag.bootstrap import Application
from rag.domain.errors import RagError
from rag.domain.question import EmptyQuestionError, InvalidTopKError, QuestionTooLongError
from rag.interfaces.http.context import application_of, request_id_of
from rag.interfaces.http.errors import FieldError, OverloadedError, RequestInvalidError
from rag.interfaces.http.handlers import report, report_unforeseen
from rag.interfaces.http.middleware import BODY_LIMIT
from rag.interfaces.http.openapi import fails_with, reads_a_body, replies_with
from rag.interfaces.http.problems import UNFORESEEN, problem_of
from rag.interfaces.http.replies import json_reply
from rag.interfaces.http.schemas.passages import CitationBody
from rag.interfaces.http.schemas.questions import (
    ANSWER_EXAMPLE,
    SEARCH_EXAMPLE,
    AnswerEnvelope,
    QueryRequest,
    SearchReply,
    SearchRequest,
    rounded,
    shown,
)
from rag.interfaces.http.sse import EVENT_STREAM, EventStream, frame
from rag.interfaces.log import logger
from rag.ports.journal import QueryRecord
from rag.ports.library import LibraryUnavailableError
from rag.ports.search import IndexMissingError
from rag.services.ask import AnswerEvent, AnswerFinished, PassageCited, PassagesFound
from rag.services.stages import StageTimer

router = APIRouter(tags=["questions"])
log = logger()

FAILURES: Final = fails_with(
    *reads_a_body(BODY_LIMIT),
    RequestInvalidError([FieldError("body.question", "Field required")]),
    QuestionTooLongError(2417),
    EmptyQuestionError("The question is empty."),
    InvalidTopKError("top_k is 0, but must be 1 to 50."),
    OverloadedError(64),
    IndexMissingError("No index is live yet."),
    LibraryUnavailableError("PostgreSQL does not answer."),
)
STREAM_EXAMPLE: Final = (
    'event: search_results\ndata: {"request_id":"…","passages":[…]}\n\n'
    'event: token\ndata: {"text":"Run"}\n\n'
    'event: token\ndata: {"text":" [1]"}\n\n'
    'event: citation\ndata: {"n":1,…}\n\n'
    'event: final_answer\ndata: {"request_id":"…","answer":"Run [1]",…}\n\n'
    'event: done\ndata: {"request_id":"…"}\n\n'
)
ANSWERED: Final = replies_with(
    ANSWER_EXAMPLE, description="The answer, stored in the query log; or the same as a stream of events."
)
ANSWERED[200]["content"][EVENT_STREAM] = {"schema": {"type": "string"}, "example": STREAM_EXAMPLE}


@router.post("/query", summary="Ask a question", response_model=None, responses={**ANSWERED, **FAILURES})
async def ask(body: QueryRequest, request: Request) -> Response:
    """Answers in the documents' own words, with a citation for every statement, or declines.

    An answer that declines has `abstained` set and status 200: it is an answer. With `stream`, the events are
    `search_results`, then `token` and `citation` as the text is written, then `final_answer` with the whole
    answer, then `done`. A failure before the first event has its own status; a later one is an `error` event
    with the problem document, followed by `done`. A comment line every 15 seconds keeps the connection open.
    """
    application, request_id = application_of(request), request_id_of(request)
    question = body.to_question()
    if not body.stream:
        record = await application.ask(question, request_id=request_id)
        _note(record, application, streamed=False)
        return json_reply(AnswerEnvelope.of(record))
    events = application.ask.stream(question, request_id=request_id)
    # Until something was found the status line is not sent, so a failure still has its own status.
    first = await anext(events)
    return EventStream(_frames(first, events, request))


@router.post(
    "/search",
    summary="Find passages",
    response_model=None,
    responses={**replies_with(SEARCH_EXAMPLE, description="What was found, best first."), **FAILURES},
)
async def search(body: SearchRequest, request: Request) -> Response:
    """Finds passages and writes no answer; nothing is kept in the query log.

    Use it to see whether a bad answer comes from a bad search. `ranks` and `scores` tell what each ranking,
    `dense` by meaning and `bm25` by words, said of a passage.
    """
    application = application_of(request)
    timer = StageTimer(application.stores.clock)
    passages = await application.search(body.to_question(), timer=timer)
    reply = SearchReply(
        request_id=request_id_of(request),
        generation=passages[0].generation if passages else None,
        passages=shown(passages),
        timings_ms=rounded(timer.milliseconds),
        latency_ms=round(timer.total_milliseconds(), 3),
    )
    log.info(
        "search",
        request_id=reply.request_id,
        latency_ms=reply.latency_ms,
        stages=reply.timings_ms,
        passages=len(passages),
        generation=reply.generation,
    )
    return json_reply(reply)


async def _frames(
    first: AnswerEvent, events: AsyncGenerator[AnswerEvent, None], request: Request
) -> AsyncGenerator[bytes, None]:
    request_id = request_id_of(request)
    async with aclosing(events):
        try:
            yield _frame(first, request)
            async for event in events:
                yield _frame(event, request)
        except RagError as error:
            report(error, scope=request.scope)
            yield frame("error", problem_of(error, request_id=request_id))
        except Exception as error:  # noqa: BLE001 - the status is sent; only an event can still tell
            report_unforeseen(error, scope=request.scope)
            yield frame("error", problem_of(RagError(UNFORESEEN), request_id=request_id))
        yield frame("done", {"request_id": request_id})


def _frame(event: AnswerEvent, request: Request) -> bytes:
    if isinstance(event, PassagesFound):
        return frame(
            "search_results", {"request_id": request_id_of(request), "passages": shown(event.passages)}
        )
    if isinstance(event, PassageCited):
        return frame("citation", CitationBody.of(event.citation))
    if isinstance(event, AnswerFinished):
        _note(event.record, application_of(request), streamed=True)
        return frame("final_answer", AnswerEnvelope.of(event.record))
    return frame("token", {"text": event.text})


def _note(record: QueryRecord, application: Application, *, streamed: bool) -> None:
    """Count and log an answer that is in the query log; the question's text stays out of the log file."""
    application.telemetry.answered(record)
    log.info(
        "query",
        request_id=record.request_id,
        query_log_id=str(record.id),
        latency_ms=round(record.latency_ms, 3),
        stages=rounded(record.timings_ms),
        abstained=record.answer.abstained,
        degraded=list(record.answer.degraded),
        citations=len(record.answer.citations),
        generation=record.generation,
        streamed=streamed,
    )
