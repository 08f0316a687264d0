"""Which of a worker's jobs may run at this moment: any number together, or one alone?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from pgqueuer import RetryRequested

_PAUSE: Final = timedelta(seconds=5)
_OCCUPIED: Final = "A job that took workers down has this worker to itself."


class Turns:
    """The turns of the jobs in one event loop.

    A job that runs alone tells by its worker's death that the fault is its own.
    """

    def __init__(self) -> None:
        self._running = 0
        self._alone = 0
        self._idle = asyncio.Event()

    @asynccontextmanager
    async def take(self, *, alone: bool) -> AsyncIterator[None]:
        """This will run the context beside others, or wait until it can run with no other beside it.

        Raises:
            RetryRequested: another job runs alone, or waits to: go back into the queue, for any worker.
        """
        if self._alone and not alone:
            raise RetryRequested(_PAUSE, _OCCUPIED)
        self._alone += alone
        try:
            while alone and self._running:
                await self._idle.wait()
            self._running += 1
            self._idle.clear()
            try:
                yield
            finally:
                self._running -= 1
                if not self._running:
                    self._idle.set()
        finally:
            self._alone -= alone
