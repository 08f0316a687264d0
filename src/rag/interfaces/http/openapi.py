"""How is the API described to programs and to their authors?"""

from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import BaseRoute

from rag.domain.errors import RagError
from rag.interfaces.http.errors import BodyTooLargeError, RequestMalformedError, status_of
from rag.interfaces.http.problems import PROBLEM_JSON, UNFORESEEN, problem_of
from rag.interfaces.http.replies import JSON, encoded

Responses: TypeAlias = dict[int | str, dict[str, Any]]

EXAMPLE_REQUEST_ID: Final = "8e1fb1a0-6a54-4d0e-9d3e-5b6f1c1f8a10"
REQUEST_ID_RESPONSE_HEADER: Final = {
    "X-Request-ID": {
        "description": "The request's id: the one that was sent, or a new one.",
        "schema": {"type": "string"},
    }
}
RETRY_AFTER_HEADER: Final = {
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer"},
    }
}
TAGS: Final = [
    {"name": "questions", "description": "Ask, search, and rate what came of it."},
    {"name": "documents", "description": "What the answers are made of."},
    {"name": "operation", "description": "For those who watch the service."},
]
DESCRIPTION: Final = (
    "Answers questions from your own documents and cites every statement. Every error is a problem document "
    "of RFC 9457 with a stable `code`, the `request_id`, and `advice` on what to do next. Times are RFC 3339."
    " There is no page to browse this description with: such pages load scripts from the internet, and this "
    "service needs none. Give `/openapi.json` to a viewer of your own."
)


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: Annotated[str, Field(description="The field's path.", examples=["body.filter.sources.0"])]
    message: Annotated[str, Field(description="What is wrong with it.", examples=["Field required"])]


class Problem(BaseModel):
    """An error, as RFC 9457 defines it."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="A URI for this kind of error.")]
    title: Annotated[str, Field(description="The kind of error in words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What happened this time.")]
    code: Annotated[str, Field(description="A stable name for programs.")]
    request_id: Annotated[str, Field(description="The id under which the log has it.")]
    advice: Annotated[str, Field(description="What to do next.")]
    limit: Annotated[int | None, Field(description="The limit that was passed, where there is one.")] = None
    length: Annotated[int | None, Field(description="What was counted against the limit.")] = None
    errors: Annotated[list[FieldProblem] | None, Field(description="Field by field, where known.")] = None


class RagApi(FastAPI):
    """An API whose description holds the schema of its errors, and an example of every schema."""

    def openapi(self) -> dict[str, Any]:
        """This will describe the API, made once."""
        described = self.openapi_schema is not None
        schema = super().openapi()
        if not described:
            _complete(schema, self.routes)
        return schema


def operation_id(route: APIRoute) -> str:
    """This will name an operation after its function, so that the name outlives its path."""
    return route.name


def replies_with(
    example: object, *, description: str, status: int = HTTPStatus.OK, headers: dict[str, Any] | None = None
) -> Responses:
    """This will describe a reply by one of the schemas' dataclasses that serves as its example."""
    return {
        status: {
            "model": type(example),
            "description": description,
            "headers": {**REQUEST_ID_RESPONSE_HEADER, **(headers or {})},
            "content": {JSON: {"example": orjson.loads(encoded(example))}},
        }
    }


def fails_with(*errors: RagError) -> Responses:
    """This will describe the errors of a route by examples, and add the one that every route may have."""
    by_status: dict[int, list[RagError]] = defaultdict(list)
    for error in (*errors, RagError(UNFORESEEN)):
        by_status[status_of(type(error))].append(error)
    return {status: _problem_response(status, group) for status, group in sorted(by_status.items())}


def reads_a_body(limit: int) -> tuple[RagError, ...]:
    """This will give the errors of every route that reads a body."""
    return (RequestMalformedError("The body is not JSON: Expecting value."), BodyTooLargeError(limit))


def _problem_response(status: int, errors: Sequence[RagError]) -> dict[str, Any]:
    waits = RETRY_AFTER_HEADER if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return {
        "description": " ".join(f"`{error.code}`: {error.advice}" for error in errors),
        "headers": {**REQUEST_ID_RESPONSE_HEADER, **waits},
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    error.code: {
                        "summary": type(error).__name__,
                        "value": orjson.loads(encoded(problem_of(error, request_id=EXAMPLE_REQUEST_ID))),
                    }
                    for error in errors
                },
            }
        },
    }


def _complete(schema: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Add what FastAPI leaves out: the schema of errors, nulls in examples, and examples of schemas."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = schema["components"]["schemas"]
    components.update(problem.pop("$defs"))
    components["Problem"] = problem
    components["Body_upload"] |= {"description": "Files to ingest.", "examples": [{"files": ["faq.md"]}]}
    for route in iter_route_contexts(routes):
        if not isinstance(route.original_route, APIRoute):
            continue
        for method in route.methods or ():
            described = schema["paths"][route.path][method.lower()]["responses"]
            for status, response in route.responses.items():
                for media_type, content in response.get("content", {}).items():
                    shown = described[str(status)]["content"][media_type]
                    shown |= {key: content[key] for key in ("example", "examples") if key in content}
                    for example in _examples_in(shown):
                        _show(example, shown["schema"], components)


def _examples_in(content: dict[str, Any]) -> list[object]:
    named = [example["value"] for example in content.get("examples", {}).values()]
    return [*named, content["example"]] if "example" in content else named


def _show(example: object, schema: dict[str, Any], components: dict[str, Any]) -> None:
    """Give the schema's component, and all that it is made of, this example if it has none."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[-1]]
        schema.setdefault("examples", [example])
    for choice in schema.get("anyOf", ()):
        _show(example, choice, components)
    if isinstance(example, dict):
        inner = schema.get("properties", {})
        rest = schema.get("additionalProperties")
        for name, value in example.items():
            _show(value, inner.get(name, rest if isinstance(rest, dict) else {}), components)
    if isinstance(example, list):
        for value in example[:1]:
            _show(value, schema.get("items", {}), components)
