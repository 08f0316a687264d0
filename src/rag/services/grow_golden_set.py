"""Add cases to a golden set: new ones, and questions of the query log that went wrong."""

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from uuid import UUID

from rag.domain.errors import InvalidInputError
from rag.domain.golden import UNNAMED, Case, CaseKind, ExpectedEvidence, GoldenSet, fault_of
from rag.domain.question import Question
from rag.domain.ranking import Passage
from rag.domain.scoring import answer_containment
from rag.domain.words import folded
from rag.ports.clock import Clock
from rag.ports.journal import Feedback, Journal, QueryRecord, RatedQuery
from rag.ports.models import SentenceSplitter
from rag.services.ask import EARLIER_QUESTIONS
from rag.services.check_golden_set import CheckGoldenSet, repeated_questions
from rag.services.search import SearchPassages
from rag.services.stages import StageTimer

PASSAGES_SHOWN: Final = 10


class CaseRefusedError(InvalidInputError):
    """A case cannot be added to the golden set.

    Attributes:
        reasons: what speaks against it, a sentence each.
    """

    code: ClassVar[str] = "case_refused"
    advice: ClassVar[str] = "Correct the case; docs/how-to/grow-the-golden-set.md says what a good one is."

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCase:
    """Check a case, then put it at the end of a set."""

    check: CheckGoldenSet

    async def __call__(self, golden: GoldenSet, case: Case) -> GoldenSet:
        """This will give the set with the case.

        Raises:
            CaseRefusedError: it contradicts itself, is there already, or has evidence that is not there.
            UnavailableError: the library cannot be reached.
        """
        if any(one.id == case.id for one in golden.cases):
            raise CaseRefusedError([f"There is a case {case.id} already."])
        fault = fault_of(case)
        if fault:
            raise CaseRefusedError([f"Its {fault.field}: {fault.reason}"])
        complaints = await self.check.of_case(case, among=golden)
        if complaints:
            raise CaseRefusedError(
                [one.reason + (f" Nearest: “{one.nearest}”." if one.nearest else "") for one in complaints]
            )
        return replace(golden, cases=(*golden.cases, case))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question of the query log that may become a case.

    Attributes:
        after: the earlier questions of its session, where it was read in their light; oldest first.
        passages: what is found for it today, best first.
    """

    record: QueryRecord
    ratings: Sequence[Feedback]
    after: tuple[str, ...]
    passages: Sequence[Passage]

    @property
    def question(self) -> str:
        """The words that were typed, or what they were read as where nothing came before."""
        asked = self.record.question.text
        return asked if self.after else self.record.whole_question

    def answers_in(self, numbers: Collection[int], *, answers: Sequence[str]) -> bool:
        """Whether one of these passages, numbered from 1, holds one of the answers word by word."""
        chosen = (passage for number, passage in enumerate(self.passages, start=1) if number in numbers)
        return any(answer_containment(passage.chunk.text, answers) for passage in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteQuery:
    """Make a case of a logged question; a person says which passages hold the evidence, and the answer."""

    journal: Journal
    search: SearchPassages
    splitter: SentenceSplitter
    clock: Clock

    async def low_rated(self, golden: GoldenSet, *, below: float, limit: int) -> Sequence[RatedQuery]:
        """This will list low-rated questions that no case asks yet, each once, the lowest rating first."""
        rated = await self.journal.low_rated(below=below, limit=limit)
        once = {one.record.id: one for one in reversed(rated)}
        return [one for one in rated if once[one.record.id] is one and not _is_asked(one.record, golden)]

    async def look(self, query_log_id: UUID) -> Candidate:
        """This will give a logged question with its ratings, and what is found for it today.

        Raises:
            UnknownQueryLogError: there is no such entry.
            UnavailableError: a part that no search can do without is missing.
        """
        record = await self.journal.query(query_log_id)
        question = Question.of(record.whole_question, top_k=PASSAGES_SHOWN)
        return Candidate(
            record=record,
            ratings=await self.journal.ratings_of(query_log_id),
            after=await self._after(record),
            passages=await self.search(question, timer=StageTimer(self.clock)),
        )

    async def evidence(
        self, candidate: Candidate, numbers: Collection[int], *, answers: Sequence[str]
    ) -> tuple[ExpectedEvidence, ...]:
        """This will quote the chosen passages, numbered from 1: of each the sentence nearest to the answers.

        A sentence is quoted and not a passage, because it still stands when documents are cut otherwise.

        Raises:
            CaseRefusedError: there is no passage of such a number.
        """
        strange = sorted(set(numbers) - set(range(1, len(candidate.passages) + 1)))
        if strange:
            raise CaseRefusedError([f"There is no passage {strange[0]}."])
        chosen = [candidate.passages[number - 1] for number in sorted(set(numbers))]
        wanted = [*answers, candidate.question]
        quotes = [await asyncio.to_thread(self._quote, one.chunk.text, wanted) for one in chosen]
        pieces = [ExpectedEvidence(one.source, quote) for one, quote in zip(chosen, quotes, strict=True)]
        return tuple(dict.fromkeys(pieces))  # neighbours share sentences

    def _quote(self, text: str, wanted: Sequence[str]) -> str:
        sentences = [folded(text[start:end]) for start, end in self.splitter.sentence_spans(text)]
        return max(sentences or [folded(text)], key=lambda sentence: _nearness(sentence, wanted))

    async def _after(self, record: QueryRecord) -> tuple[str, ...]:
        session = record.question.session
        if record.read_as is None or session is None:
            return ()
        earlier = await self.journal.earlier_questions(
            session, before=record.asked_at, limit=EARLIER_QUESTIONS
        )
        return tuple(earlier)


def kind_of(evidence: Sequence[ExpectedEvidence], *, after: Sequence[str]) -> CaseKind:
    """This will tell the kind of a case by what it has."""
    if not evidence:
        return CaseKind.UNANSWERABLE
    if after:
        return CaseKind.FOLLOW_UP
    return CaseKind.SEVERAL_PASSAGES if len(evidence) > 1 else CaseKind.ANSWERABLE


def _is_asked(record: QueryRecord, golden: GoldenSet) -> bool:
    questions = dict.fromkeys((record.question.text, record.whole_question))
    alone = [replace(case, after=()) for case in golden.cases]
    return any(
        complaint.case_id == UNNAMED
        for question in questions
        for complaint in repeated_questions((*alone, Case(UNNAMED, question, CaseKind.UNANSWERABLE)))
    )


def _nearness(sentence: str, wanted: Sequence[str]) -> tuple[int, int]:
    """Rank a sentence by the accepted answer that it holds, then by the words that it shares."""
    holds = any(folded(answer).casefold() in sentence.casefold() for answer in wanted[:-1])
    words = set(re.findall(r"\w+", sentence.casefold()))
    return int(holds), sum(len(words & set(re.findall(r"\w+", one.casefold()))) for one in wanted)
