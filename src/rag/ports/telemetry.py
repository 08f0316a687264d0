"""What do we tell those who watch the service?"""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from rag.ports.jobs import Backlog
from rag.ports.journal import QueryRecord


class Telemetry(Protocol):
    """Counts and measures; never fails and never waits."""

    def active_query(self) -> AbstractContextManager[None]:
        """This will count a query as active until the context ends."""

    def answered(self, entry: QueryRecord) -> None:
        """This will count an answered query with its latency, stages and retrieval score."""

    def failed(self, kind: str) -> None:
        """This will count an error of this kind (`RagError.kind`)."""

    def ingested(self, outcome: str, *, chunks: int) -> None:
        """This will count a file that was added, changed, unchanged or failed."""

    def waiting(self, backlog: Backlog) -> None:
        """This will show how many jobs are in each state, and how much waits."""

    def canary_asks(self, questions: int) -> None:
        """This will show how many golden questions the service asks itself."""

    def canary_failed(self) -> None:
        """This will count a golden question that got no reply."""

    def canary_ran(self, *, recall: float, drift: float | None, at: datetime) -> None:
        """This will show a run's recall, when it ended, and how much worse it was than the first one.

        A `drift` of None leaves the last one standing.
        """

    def exposition(self) -> tuple[bytes, str]:
        """This will give the metrics in Prometheus's text format, and its content type."""
