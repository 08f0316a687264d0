"""Who tells whether an answer agrees with an accepted one, and how does that fail?"""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from rag.domain.errors import UnavailableError


class JudgeUnavailableError(UnavailableError):
    """The language model that judges answers does not answer, or not as it was asked to."""

    code: ClassVar[str] = "judge_unavailable"
    kind: ClassVar[str] = "GroqAPIError"
    advice: ClassVar[str] = (
        "Check GROQ_API_KEY, GROQ_MODEL and RAG_LLM_URL, or measure without a judge: unset GROQ_API_KEY."
    )


class AnswerJudge(Protocol):
    """Reads an answer as a person would, where counting words cannot tell."""

    async def judge(self, question: str, answer: str, *, accepted: Sequence[str]) -> bool:
        """This will tell whether `answer` says the same as one of the accepted answers to `question`.

        Raises:
            JudgeUnavailableError: there is no judgement, so neither true nor false may be assumed.
        """
