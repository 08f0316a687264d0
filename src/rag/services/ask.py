"""Answer a question from our documents, or say that we cannot."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias
from uuid import uuid4

from rag.domain.answer import Answer, Citation, no_documents, not_enough_evidence
from rag.domain.confidence import confidence
from rag.domain.evidence import best_cosine, first_cosine, joined, within_budget
from rag.domain.extract import MAX_PASSAGES, WRITER, Sentence, extract_answer, repeats, sentences_of
from rag.domain.follow_up import leans_on_earlier, stand_alone
from rag.domain.question import Question
from rag.domain.ranking import Passage
from rag.domain.reranking import RERANK
from rag.ports.clock import Clock
from rag.ports.journal import Journal, QueryRecord
from rag.ports.library import Library
from rag.ports.models import Embedder, Reranker, SentenceSplitter
from rag.services.search import SearchPassages
from rag.services.stages import StageTimer

EARLIER_QUESTIONS: Final = 10  # how far back a session is read


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The first event: what the answer will be made of."""

    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class TextWritten:
    """A further piece of the answer's text; all pieces in order are the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class PassageCited:
    """A citation that the text written so far refers to."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class AnswerFinished:
    """The last event: the answer as it stands in the query log, already committed."""

    record: QueryRecord


AnswerEvent: TypeAlias = PassagesFound | TextWritten | PassageCited | AnswerFinished


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    """Retrieve widely, keep what is near enough, answer in the evidence's own sentences, and log it."""

    search: SearchPassages
    splitter: SentenceSplitter
    reranker: Reranker
    embedder: Embedder
    library: Library
    journal: Journal
    clock: Clock

    async def __call__(self, question: Question, *, request_id: str) -> QueryRecord:
        """This will answer `question` and return once the answer is in the query log.

        Raises:
            UnavailableError: a part that no answer can do without is missing.
        """
        async for event in self.stream(question, request_id=request_id):
            if isinstance(event, AnswerFinished):
                return event.record
        raise AssertionError("a stream ends with AnswerFinished or raises")  # pragma: no cover

    async def stream(self, question: Question, *, request_id: str) -> AsyncGenerator[AnswerEvent, None]:
        """This will do the same, event by event."""
        timer = StageTimer(self.clock)
        asked_at = self.clock.now()
        whole = await self._stand_alone(question, before=asked_at, timer=timer)
        passages = await self.search(whole, timer=timer, repeated=False)
        yield PassagesFound(passages)
        generation = passages[0].generation if passages else await self._live_generation()
        if generation is None:
            answer = no_documents(writer=WRITER)
        else:
            answer = _degraded(await self._write(whole, passages, timer=timer), passages, timer=timer)
        record = QueryRecord(
            id=uuid4(),
            request_id=request_id,
            asked_at=asked_at,
            question=question,
            read_as=None if whole.text == question.text else whole.text,
            answer=answer,
            sources=tuple(dict.fromkeys(citation.source for citation in answer.citations)),
            generation=generation,
            model=self.embedder.identity.key,
            ranking=self.search.recipe,
            reranked=_is_judged(passages),
            retrieval_score=best_cosine(passages),
            timings_ms=timer.milliseconds,
            latency_ms=timer.total_milliseconds(),
        )
        # Committed before the first word leaves: no answer is in the world of which the log knows nothing.
        await self.journal.record_query(record)
        for event in _as_events(answer):
            yield event
        yield AnswerFinished(record)

    async def _write(self, question: Question, passages: Sequence[Passage], *, timer: StageTimer) -> Answer:
        with timer.stage("split"):
            sentences = await asyncio.to_thread(self.sentences, question, passages)
        with timer.stage("extract"):
            scores = await self.reranker.score(question.text, [sentence.text for sentence in sentences])
        sure = confidence(first_cosine=first_cosine(passages), best_sentence=max(scores, default=None))
        if not sentences or sure < self.search.recipe.floor:
            return replace(not_enough_evidence(writer=WRITER), confidence=sure)
        return replace(extract_answer(sentences, scores), confidence=sure)

    async def _stand_alone(self, question: Question, *, before: datetime, timer: StageTimer) -> Question:
        """Read a question of a session as what it means after those before it."""
        if question.session is None or not leans_on_earlier(question.text):
            return question
        with timer.stage("session"):
            earlier = await self.journal.earlier_questions(
                question.session, before=before, limit=EARLIER_QUESTIONS
            )
        return replace(question, text=stand_alone(question.text, earlier))

    def sentences(self, question: Question, passages: Sequence[Passage]) -> Sequence[Sentence]:
        """This will give the sentences that may answer, as they stand; CPU-bound, so off the event loop."""
        found = [
            sentence
            for evidence in joined(within_budget(passages)[:MAX_PASSAGES])
            for sentence in sentences_of(evidence, self.splitter.sentence_spans(evidence.text))
        ]
        # Where nothing else is left, a repetition is better than nothing.
        return [one for one in found if not repeats(one.text, question.text)] or found

    async def _live_generation(self) -> str | None:
        live = await self.library.live_generation()
        return live.name if live else None


def _is_judged(passages: Sequence[Passage]) -> bool:
    return any(passage.candidate.raw_score(RERANK) is not None for passage in passages)


def _degraded(answer: Answer, passages: Sequence[Passage], *, timer: StageTimer) -> Answer:
    """Say so where passages were to be judged once more and were not."""
    missed = RERANK in timer.milliseconds and bool(passages) and not _is_judged(passages)
    return replace(answer, degraded=(*answer.degraded, "reranker")) if missed else answer


def _as_events(answer: Answer) -> Sequence[AnswerEvent]:
    cited = {f"[{citation.number}]": citation for citation in answer.citations}
    events: list[AnswerEvent] = []
    for position, word in enumerate(answer.text.split(" ")):
        events.append(TextWritten(word if position == 0 else f" {word}"))
        if word in cited:
            events.append(PassageCited(cited[word]))
    return events
