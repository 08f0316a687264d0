"""Who may do what only one may do at a time?"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Leases(Protocol):
    """Mutual exclusion across processes; a lease ends with its holder, even when that is killed."""

    def hold(self, name: str) -> AbstractAsyncContextManager[None]:
        """This will wait until nobody else holds `name`, and hold it until the context ends.

        Waiting and holding take nothing away that the holder needs for its work.

        Raises:
            LibraryUnavailableError: what keeps the leases cannot be reached, or lost this one meanwhile.
        """
