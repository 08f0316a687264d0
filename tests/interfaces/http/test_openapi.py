"""The description of the API."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from pydantic import TypeAdapter

from rag.interfaces.http import openapi
from rag.interfaces.http.app import api_description
from rag.interfaces.http.reference import http_reference
from rag.interfaces.http.replies import encoded
from rag.interfaces.http.schemas import documents, feedback, health, jobs, passages, questions

OPERATIONS = {
    "ask": ("/query", "post"),
    "search": ("/search", "post"),
    "rate": ("/feedback", "post"),
    "upload": ("/documents", "post"),
    "list_documents": ("/documents", "get"),
    "show_document": ("/documents/{document_id}", "get"),
    "delete_document": ("/documents/{document_id}", "delete"),
    "list_chunks": ("/documents/{document_id}/chunks", "get"),
    "list_jobs": ("/jobs", "get"),
    "show_job": ("/jobs/{job_id}", "get"),
    "cancel_job": ("/jobs/{job_id}/cancel", "post"),
    "retry_job": ("/jobs/{job_id}/retry", "post"),
    "health": ("/health", "get"),
    "live": ("/livez", "get"),
    "ready": ("/readyz", "get"),
    "metrics": ("/metrics", "get"),
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The description as a program reads it."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(api_description()))
    return read


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give path, method and operation of all of them."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: object) -> Iterator[str]:
    """Give every reference within a description."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_route_is_there_under_its_lasting_name(description: dict[str, Any]) -> None:
    """Clients are generated from these names."""
    found = {operation["operationId"]: (path, method) for path, method, operation in operations(description)}
    assert found == OPERATIONS


def test_every_operation_is_explained_with_examples(description: dict[str, Any]) -> None:
    """Summary, description and tag; an example of every reply, of every error, and of every request."""
    tags = {tag["name"] for tag in description["tags"]}
    for path, method, operation in operations(description):
        place = f"{method} {path}"
        assert operation["summary"], place
        assert len(operation["description"]) > 20, place
        assert set(operation["tags"]) <= tags, place
        for status, reply in operation["responses"].items():
            assert reply["description"], (place, status)
            assert "X-Request-ID" in reply["headers"], (place, status)
            for content in reply["content"].values():
                assert "example" in content or "examples" in content, (place, status)
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (place, parameter["name"])


def test_every_error_of_an_operation_is_a_problem(description: dict[str, Any]) -> None:
    """Statuses from 400 on are documented as problem documents; health says 503 in its own words."""
    for path, method, operation in operations(description):
        statuses = {status for status in operation["responses"] if int(status) >= 400}
        assert "500" in statuses, path
        if "parameters" in operation or "requestBody" in operation:
            assert "422" in statuses, path
        if "requestBody" in operation:
            assert {"400", "413"} <= statuses, path
        for status in statuses - ({"503"} if path == "/health" else set()):
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], (method, path, status)
            for code, example in content["application/problem+json"]["examples"].items():
                assert example["value"]["code"] == code
                assert example["value"]["status"] == int(status)
                openapi.Problem.model_validate(example["value"])


def test_every_schema_is_explained_with_an_example(description: dict[str, Any]) -> None:
    """Also every property of every schema; what is named by a reference exists."""
    schemas = description["components"]["schemas"]
    for name, schema in schemas.items():
        assert schema.get("description"), name
        assert schema.get("examples") or schema.get("enum"), name
        for member, described in schema.get("properties", {}).items():
            assert described.get("description"), (name, member)
    for reference in references(description):
        assert reference.removeprefix("#/components/schemas/") in schemas


EXAMPLES = [
    example
    for module in (documents, feedback, health, jobs, passages, questions)
    for name, example in vars(module).items()
    if name.endswith("_EXAMPLE") and dataclasses.is_dataclass(example)
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_an_example_is_of_its_own_schema(example: object) -> None:
    """What is shown could have been sent."""
    TypeAdapter(type(example)).validate_json(encoded(example))


@pytest.mark.parametrize(
    "body", [questions.QueryRequest, questions.SearchRequest, questions.FilterBody, feedback.FeedbackRequest]
)
def test_an_example_of_a_request_would_be_accepted(body: type[questions.QueryRequest]) -> None:
    """What is shown can be sent."""
    for example in body.model_json_schema()["examples"]:
        body.model_validate_json(orjson.dumps(example))


def test_a_session_is_told_to_have_a_name_that_nobody_can_guess(description: dict[str, Any]) -> None:
    """Whoever knows the name shares the conversation, as long as no API key tells callers apart."""
    session = description["components"]["schemas"]["QueryRequest"]["properties"]["session"]
    assert "one that nobody can guess, such as a random UUID" in session["description"]


def test_the_reference_page_names_everything(description: dict[str, Any]) -> None:
    """Every route with its codes, and every field of every schema; every link leads somewhere."""
    page = http_reference()
    for path, method, operation in operations(description):
        assert f"## `{method.upper()} {path}`" in page
        for reply in operation["responses"].values():
            for code in reply["content"].get("application/problem+json", {}).get("examples", {}):
                assert f"| `{code}` |" in page
    for name, schema in description["components"]["schemas"].items():
        assert f"### {name}\n" in page
        assert all(f"| `{field}` |" in page for field in schema.get("properties", {}))
    headings = {line.lstrip("# ").lower() for line in page.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\(#([^)]*)\)", page)) <= headings


async def test_the_description_is_served(client: httpx.AsyncClient, description: dict[str, Any]) -> None:
    """A client fetches the same description."""
    assert (await client.get("/openapi.json")).json() == description
    assert description["openapi"].startswith("3.1")
