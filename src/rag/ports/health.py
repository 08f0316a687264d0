"""Is each part that we depend on alive?"""

from typing import Protocol


class HealthCheck(Protocol):
    """One part, and how it proves that it is alive."""

    @property
    def name(self) -> str:
        """The part's name, such as `postgres`."""

    @property
    def needed(self) -> bool:
        """Whether no question can be answered without it."""

    async def check(self) -> str:
        """This will return one line about the part, such as its version or its count.

        Raises:
            RagError: it is not alive; the message says why.
        """
