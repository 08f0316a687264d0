"""Ask every question of a test set, and measure what was found, cited and said."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import uuid4

from rag.domain.answer import Answer
from rag.domain.errors import NotFoundError
from rag.domain.golden import Case, CaseKind, GoldenSet, is_found_in
from rag.domain.question import Question
from rag.domain.ranking import Passage
from rag.domain.report import CaseResult, PassageShown, Run
from rag.domain.scoring import PASSAGES_SCORED, scores_of
from rag.ports.clock import Clock
from rag.ports.journal import QueryRecord
from rag.ports.judging import AnswerJudge
from rag.ports.library import Library
from rag.services.ask import AskQuestion
from rag.services.search import SearchPassages
from rag.services.stages import StageTimer

SOURCES_NAMED: Final = 8
PAGE: Final = 1000


class MissingEvidenceError(NotFoundError):
    """The test set expects documents that are not in the library, so measuring would mean nothing.

    Attributes:
        sources: the documents' names.
    """

    code: ClassVar[str] = "evidence_missing"
    advice: ClassVar[str] = (
        "Ingest them first, such as with `rag ingest docs`, or measure on a library of its own: "
        "`rag evaluate --corpus FOLDER`."
    )

    def __init__(self, sources: Sequence[str]) -> None:
        shown = ", ".join(sources[:SOURCES_NAMED]) + (", …" if len(sources) > SOURCES_NAMED else "")
        super().__init__(
            f"Documents that the test set expects are not in the library: {len(sources)} ({shown})."
        )
        self.sources = tuple(sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateAnswers:
    """One question after the other, as production answers them.

    Attributes:
        ask: its journal must not be the query log: what is asked here, nobody wanted to know.
        judge: reads answers as a person would; None where there is none.
    """

    ask: AskQuestion
    search: SearchPassages
    library: Library
    clock: Clock
    judge: AnswerJudge | None = None

    async def __call__(self, golden: GoldenSet, *, advance: Callable[[CaseResult], None]) -> Run:
        """This will ask every case, and call `advance` after each.

        A part that is missing is an error and no bad score.

        Raises:
            MissingEvidenceError: a document that a case expects is not in the library.
            InvalidInputError: a question is too long to be asked.
            UnavailableError: a part that no answer can do without is missing.
            JudgeUnavailableError: there is a judge, and it did not judge.
        """
        await verify_sources(self.library, golden.cases)
        # All are checked before the first is asked.
        questions = [_questions_of(case) for case in golden.cases]
        started_at = self.clock.now()
        results: list[CaseResult] = []
        generation: str | None = None
        for case, asked in zip(golden.cases, questions, strict=True):
            record = await self._answered(asked)
            passages = await self._found(record)
            result = _result(case, record, passages, judged=await self._judged(case, record.answer))
            generation = generation or record.generation
            results.append(result)
            advance(result)
        return Run(
            test_set=golden.name,
            started_at=started_at,
            generation=generation,
            model=self.ask.embedder.identity.key,
            ranking=self.ask.search.recipe,
            results=tuple(results),
        )

    async def _answered(self, questions: Sequence[Question]) -> QueryRecord:
        """Ask the questions of one session in their order, and give the last one's answer."""
        for question in questions[:-1]:
            await self.ask(question, request_id=f"evaluation-{uuid4().hex}")
        return await self.ask(questions[-1], request_id=f"evaluation-{uuid4().hex}")

    async def _judged(self, case: Case, answer: Answer) -> float | None:
        """Score an answer by the judge, if there is one and there are accepted answers to hold it against.

        It is told the questions as they were asked: what the service made of them may be what is wrong.
        """
        if self.judge is None or case.kind is CaseKind.UNANSWERABLE or not case.answers:
            return None
        if answer.abstained:
            return 0.0
        question = "\n".join((*case.after, case.question))
        return float(await self.judge.judge(question, answer.text, accepted=case.answers))

    async def _found(self, record: QueryRecord) -> Sequence[Passage]:
        """Search for the question as the service read it: a follow-up is searched for in its full form."""
        question = replace(record.question, text=record.whole_question, top_k=PASSAGES_SCORED)
        return await self.search(question, timer=StageTimer(self.clock))


async def verify_sources(library: Library, cases: Iterable[Case]) -> None:
    """This will look every document that the cases expect up by its name.

    Raises:
        MissingEvidenceError: some are not in the library.
    """
    missing = {piece.source: None for case in cases for piece in case.evidence}
    after = None
    while missing:
        page = await library.summaries(limit=PAGE, after=after)
        if not page:
            raise MissingEvidenceError(list(missing))
        for summary in page:
            missing.pop(summary.source, None)
        after = page[-1].id


def _questions_of(case: Case) -> list[Question]:
    """Make a session of its own of the case and what was asked before it."""
    session = f"evaluation-{uuid4().hex}" if case.after else None
    return [Question.of(text, session=session) for text in (*case.after, case.question)]


def _result(
    case: Case, record: QueryRecord, passages: Sequence[Passage], *, judged: float | None
) -> CaseResult:
    return CaseResult(
        case=case,
        scores={**scores_of(case, passages, record.answer), "answer_judged": judged},
        abstained=record.answer.abstained,
        answer=record.answer.text,
        passages=tuple(_shown(case, passage) for passage in passages),
        citations=tuple(citation.text for citation in record.answer.citations),
        timings_ms=dict(record.timings_ms),
        latency_ms=record.latency_ms,
        confidence=record.answer.confidence,
        cost_usd=0.0,  # answers are made of the documents' own sentences: no model is paid for
    )


def _shown(case: Case, passage: Passage) -> PassageShown:
    text = passage.chunk.text
    held = any(is_found_in(piece, source=passage.source, text=text) for piece in case.evidence)
    return PassageShown(passage.source, passage.chunk.section, text, holds_evidence=held)
