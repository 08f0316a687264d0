"""What do we tell those who watch the service?"""

from contextlib import AbstractContextManager
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

    def exposition(self) -> tuple[bytes, str]:
        """This will give the metrics in Prometheus's text format, and its content type."""
