"""How does a golden question reach the search of a service, and what does it find?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from rag.domain.canary import FoundText
from rag.domain.errors import UnavailableError


class NoReplyError(UnavailableError):
    """A service did not answer a golden question, or answered something else."""

    code: ClassVar[str] = "service_no_reply"
    advice: ClassVar[str] = "Check the address, and whether the service is up: GET /readyz says why not."


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        generation: the index that was searched, also where it found nothing; None where the library has no
            documents.
    """

    generation: str | None
    passages: Sequence[FoundText]


class GoldenSearch(Protocol):
    """A search, wherever it runs."""

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """This will find at most `top_k` passages.

        Raises:
            RagError: there is no reply.
        """
