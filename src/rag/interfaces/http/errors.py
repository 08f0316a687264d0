"""Which status does an error have, and which errors does HTTP itself know?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Final

from starlette.exceptions import HTTPException

from rag.domain.errors import InvalidInputError, NotFoundError, RagError, UnavailableError
from rag.ports.jobs import JobConflictError
from rag.ports.models import ModelLoadError
from rag.ports.search import IndexMismatchError


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is its path, such as `body.filter.sources.0`."""

    field: str
    message: str


class RequestInvalidError(InvalidInputError):
    """The request does not have the form that the route reads."""

    code: ClassVar[str] = "request_invalid"
    advice: ClassVar[str] = "Correct the fields that are named; /openapi.json describes every one."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors[:5]))
        self.errors = tuple(errors)


class RequestMalformedError(InvalidInputError):
    """The request's body cannot be taken apart at all."""

    code: ClassVar[str] = "request_malformed"
    advice: ClassVar[str] = "Send JSON in UTF-8, or for uploads multipart/form-data with its boundary."


class BodyTooLargeError(InvalidInputError):
    """The request's body is larger than the route reads."""

    code: ClassVar[str] = "body_too_large"
    advice: ClassVar[str] = "Send less at once; `rag ingest` reads files of any number from disk."

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is too large: the limit of this route is {limit} bytes.")
        self.limit = limit


class UnknownRouteError(NotFoundError):
    """There is nothing at this path."""

    code: ClassVar[str] = "route_unknown"
    advice: ClassVar[str] = "Use a path that /openapi.json lists."


class MethodNotAllowedError(InvalidInputError):
    """The path exists, but not for this method."""

    code: ClassVar[str] = "method_not_allowed"
    advice: ClassVar[str] = "Use a method that the Allow header names."


class OverloadedError(UnavailableError):
    """As many questions as we answer at once are being answered already."""

    code: ClassVar[str] = "overloaded"
    kind: ClassVar[str] = "Overload"
    advice: ClassVar[str] = "Wait as long as Retry-After says, then ask again."

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} questions are being answered already, which is the most at once.")
        self.limit = limit


class UploadsOverloadedError(UnavailableError):
    """As many uploads as we hold in memory at once are being stored already."""

    code: ClassVar[str] = "uploads_overloaded"
    kind: ClassVar[str] = "Overload"
    advice: ClassVar[str] = "Wait as long as Retry-After says, then send the files again."

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} uploads are being stored already, which is the most at once.")
        self.limit = limit


class NotReadyError(UnavailableError):
    """No question can be answered yet, or not any more."""

    code: ClassVar[str] = "not_ready"
    advice: ClassVar[str] = "Send no traffic here for now; GET /health says which part is missing."


class AddressUnusableError(RagError):
    """The service cannot listen where it was told to."""

    code: ClassVar[str] = "address_unusable"
    advice: ClassVar[str] = "Stop what listens there, or choose another one with --host and --port."


class RefusedError(HTTPException):
    """Carries one of our errors out of the reading of a body, where only an HTTPException passes."""

    def __init__(self, error: RagError) -> None:
        super().__init__(status_of(type(error)), str(error))
        self.error = error


STATUSES: Final[Mapping[type[RagError], HTTPStatus]] = {
    RequestMalformedError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    JobConflictError: HTTPStatus.CONFLICT,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    # No question can be answered until an operator acts: a balancer must look elsewhere, so not a 500.
    ModelLoadError: HTTPStatus.SERVICE_UNAVAILABLE,
    IndexMismatchError: HTTPStatus.SERVICE_UNAVAILABLE,
    RagError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error_class: type[RagError]) -> int:
    """This will give the status of an error's class: its own, or that of the nearest class above it."""
    return int(next(STATUSES[base] for base in error_class.__mro__ if base in STATUSES))
