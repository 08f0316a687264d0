"""What time does the machine say it is?"""

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """This will give the time in UTC."""
        return datetime.now(tz=UTC)

    def seconds(self) -> float:
        """This will give the monotonic count of seconds."""
        return time.perf_counter()
