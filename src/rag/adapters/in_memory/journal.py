"""What was asked and rated in this process? Tests use it, production never."""

from dataclasses import dataclass, field
from uuid import UUID

from rag.domain.errors import InvalidInputError
from rag.ports.journal import Feedback, QueryRecord, UnknownQueryLogError

_LOWEST, _HIGHEST = 1, 5


@dataclass
class InMemoryJournal:
    """A journal in dictionaries; implements `rag.ports.journal.Journal`.

    Attributes:
        queries: what was recorded, for tests to look at.
        ratings: the same for ratings.
    """

    queries: dict[UUID, QueryRecord] = field(default_factory=dict)
    ratings: dict[UUID, Feedback] = field(default_factory=dict)

    async def record_query(self, entry: QueryRecord) -> None:
        """This will keep the entry, the first of its id."""
        self.queries.setdefault(entry.id, entry)

    async def record_feedback(self, feedback: Feedback) -> None:
        """This will keep the rating, the first of its id.

        Raises:
            UnknownQueryLogError: the rated entry does not exist.
            InvalidInputError: the rating is not 1 to 5.
        """
        if not _LOWEST <= feedback.rating <= _HIGHEST:
            raise InvalidInputError(f"A rating is 1 to 5, not {feedback.rating}.")
        if feedback.query_log_id not in self.queries:
            raise UnknownQueryLogError(f"There is no entry {feedback.query_log_id} in the query log.")
        self.ratings.setdefault(feedback.id, feedback)
