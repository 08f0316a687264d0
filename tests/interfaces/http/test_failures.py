"""What is told, counted and logged when something goes wrong."""

import json

import httpx
import pytest
from structlog.typing import EventDict

from rag.adapters.in_memory.embedder import InMemoryEmbedder
from rag.domain.errors import RagError
from rag.interfaces.http.errors import STATUSES, status_of
from rag.ports.library import LibraryUnavailableError
from rag.ports.models import ModelLoadError, Vectors
from rag.ports.search import IndexMismatchError
from rag.services.collect_feedback import InvalidRatingError
from rag.services.delete_document import DeletionUnprovenError
from tests.interfaces.http.stand import QUESTION, Stand, is_problem

SECRET = "postgresql://rag:hunter2@db/rag"  # noqa: S105 - what must not be told


class FailingEmbedder(InMemoryEmbedder):
    """Fails as it is told to when a question comes."""

    failure: Exception

    async def embed_question(self, text: str) -> Vectors:
        """Fail."""
        del text
        raise self.failure


def failing(failure: Exception) -> FailingEmbedder:
    """Make an embedder that fails with `failure`."""
    embedder = FailingEmbedder()
    embedder.failure = failure
    return embedder


@pytest.mark.parametrize("path", ["/query", "/search"])
async def test_what_nobody_foresaw_is_a_500_that_tells_nothing(
    stand: Stand, path: str, log_lines: list[EventDict]
) -> None:
    """No trace and no secret goes out; both are in the log, under the same request id."""
    stand.bench.embedder = failing(ZeroDivisionError(SECRET))
    async with stand.client() as client:
        reply = await client.post(path, json={"question": QUESTION})
    is_problem(reply, status=500, code="internal_error")
    told = json.dumps([reply.text, dict(reply.headers)])
    assert not any(word in told for word in ("hunter2", "ZeroDivision", "Traceback", ".py"))
    assert stand.count("rag_errors_total", kind="InternalError") == 1
    (line,) = [line for line in log_lines if line["event"] == "request_failed"]
    assert line["request_id"] == reply.headers["x-request-id"]
    assert isinstance(line["exc_info"], ZeroDivisionError)


async def test_a_missing_part_is_a_503_that_says_when_to_try_again(
    stand: Stand, log_lines: list[EventDict]
) -> None:
    """The kind is counted, and the log has the cause that the reply leaves out."""
    failure = LibraryUnavailableError("PostgreSQL does not answer.")
    failure.__cause__ = OSError(SECRET)
    stand.bench.embedder = failing(failure)
    async with stand.client() as client:
        reply = await client.post("/query", json={"question": QUESTION})
    is_problem(reply, status=503, code="library_unavailable")
    assert reply.headers["retry-after"] == "1"
    assert "hunter2" not in reply.text
    assert stand.count("rag_errors_total", kind="DatabaseError") == 1
    (line,) = log_lines
    assert (line["log_level"], line["code"], line["status"]) == ("error", "library_unavailable", 503)
    assert "hunter2" in line["cause"]


async def test_a_callers_mistake_is_one_warning_without_what_was_sent(
    client: httpx.AsyncClient, log_lines: list[EventDict]
) -> None:
    """The log names the code and the path, not the caller's words."""
    await client.post("/query", json={"question": "a", "my secret": 1})
    (line,) = log_lines
    assert (line["log_level"], line["code"], line["path"]) == ("warning", "request_invalid", "/query")
    assert "my secret" not in json.dumps(line)


@pytest.mark.parametrize("path", ["/", "/nothing", "/query/", "/docs", "/redoc", "/documents/a/b/c", "/%ff"])
async def test_an_unknown_path_is_a_problem_too(client: httpx.AsyncClient, stand: Stand, path: str) -> None:
    """Also the pages that FastAPI would load from the internet, and a slash too many."""
    is_problem(await client.get(path), status=404, code="route_unknown")
    assert stand.count("rag_errors_total", kind="NotFound") == 1


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/query", {"POST"}), ("PUT", "/documents", {"GET", "POST"}), ("POST", "/livez", {"GET"})],
)
async def test_a_wrong_method_says_which_is_right(
    client: httpx.AsyncClient, method: str, path: str, allowed: set[str]
) -> None:
    """The Allow header names a method that the path takes."""
    reply = await client.request(method, path)
    is_problem(reply, status=405, code="method_not_allowed")
    assert set(reply.headers["allow"].split(", ")) <= allowed


def test_the_nearest_class_decides_on_the_status() -> None:
    """A subclass without a status of its own has that of the class above it."""
    assert status_of(InvalidRatingError) == 422
    assert status_of(DeletionUnprovenError) == 503
    assert status_of(ModelLoadError) == status_of(IndexMismatchError) == 503
    assert status_of(RagError) == 500
    assert all(400 <= status <= 503 for status in STATUSES.values())
