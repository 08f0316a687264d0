"""What time is it, and how long did it take?"""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only way to time."""

    def now(self) -> datetime:
        """This will give the wall-clock time, in UTC with its time zone."""

    def seconds(self) -> float:
        """This will give a monotonic count of seconds, for durations only."""
