"""What do Qdrant's failures mean in our words?"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import httpx
import orjson
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from rag.domain.errors import RagError
from rag.ports.search import IndexMismatchError, IndexMissingError, SearchUnavailableError

_SHOWN_CHARACTERS: Final = 300
_REFUSALS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
_MISFITS: Final = ("dimension", "not existing vector name")


@contextmanager
def translated(subject: str, *, refused: type[RagError] = SearchUnavailableError) -> Iterator[None]:
    """This will turn every exception of the client into one of the port's.

    Args:
        subject: what was used.
        refused: what it means when Qdrant found fault with the request itself.

    Raises:
        IndexMissingError: the collection or the alias does not exist.
        IndexMismatchError: a vector does not fit the collection.
        RagError: `refused`, when the request was malformed or too large in Qdrant's eyes.
        SearchUnavailableError: Qdrant cannot be reached, failed, refused us, or answered nonsense.
    """
    try:
        yield
    except UnexpectedResponse as error:
        raise _of_status(error, subject, refused) from error
    except ResponseHandlingException as error:
        raise _of_transport(error.source) from error
    except (ApiException, QdrantException, httpx.HTTPError) as error:
        raise _of_transport(error) from error
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        # The client and our own reading of an answer stumble this way over one that is not Qdrant's.
        raise SearchUnavailableError(f"Qdrant gave an answer that cannot be read: {error}.") from error


def _of_transport(error: Exception) -> RagError:
    if isinstance(error, httpx.TimeoutException):
        return SearchUnavailableError(f"Qdrant did not answer in time ({type(error).__name__}).")
    return SearchUnavailableError(f"Qdrant cannot be reached: {type(error).__name__}: {error}.")


def _of_status(error: UnexpectedResponse, subject: str, refused: type[RagError]) -> RagError:
    status, reason = error.status_code or 0, _reason(error.content)
    if status == HTTPStatus.NOT_FOUND:
        return IndexMissingError(f"{subject} does not exist in Qdrant.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return SearchUnavailableError(f"Qdrant refused our API key ({status}): check QDRANT_API_KEY.")
    if status == HTTPStatus.BAD_REQUEST and any(misfit in reason.lower() for misfit in _MISFITS):
        return IndexMismatchError(f"The vector does not fit {subject}: {reason}")
    if status in _REFUSALS:
        return refused(f"Qdrant refused what it was sent about {subject} ({status}): {reason}")
    return SearchUnavailableError(f"Qdrant answered {status} about {subject}: {reason}")


def _reason(content: bytes) -> str:
    try:
        reason = str(orjson.loads(content)["status"]["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        reason = content.decode("utf-8", errors="replace")
    return reason[:_SHOWN_CHARACTERS]
