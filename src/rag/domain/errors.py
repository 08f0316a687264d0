"""What do all of our errors have in common?"""

from typing import ClassVar


class RagError(Exception):
    """A failure that we foresaw: it says what happened, and what to do next.

    Subclasses live beside what raises them. They carry no status codes: the HTTP layer and the CLI
    each map the same classes.

    Attributes:
        code: a stable name for programs, such as `question_too_long`.
        kind: the label under which `rag_errors_total` counts it.
        advice: one sentence that says what to do next.
    """

    code: ClassVar[str] = "internal_error"
    kind: ClassVar[str] = "InternalError"
    advice: ClassVar[str] = "Look up the request id in the service's log."


class InvalidInputError(RagError):
    """What the caller sent cannot be used."""

    code: ClassVar[str] = "invalid_input"
    kind: ClassVar[str] = "ValidationError"
    advice: ClassVar[str] = "Correct the input and send it again."


class NotFoundError(RagError):
    """The caller named something that does not exist."""

    code: ClassVar[str] = "not_found"
    kind: ClassVar[str] = "NotFound"
    advice: ClassVar[str] = "List what exists and name one of those."


class UnavailableError(RagError):
    """Something we depend on cannot be reached or does not answer."""

    code: ClassVar[str] = "unavailable"
    kind: ClassVar[str] = "Unavailable"
    advice: ClassVar[str] = "Try again in a few seconds; GET /health says which part is missing."
