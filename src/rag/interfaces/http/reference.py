"""What does the reference page of the HTTP interface say?"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from rag.interfaces.http.app import api_description
from rag.interfaces.http.problems import PROBLEM_JSON
from rag.interfaces.http.replies import JSON
from rag.interfaces.http.sse import EVENT_STREAM

WRITTEN_BY: Final = "<!-- Written by docs/reference/generate.py; edit the code instead. -->"
REF: Final = "#/components/schemas/"

Schemas: TypeAlias = dict[str, dict[str, Any]]


def http_reference() -> str:
    """This will give the page: every route with its fields, replies, errors and examples."""
    description = api_description()
    schemas: Schemas = description["components"]["schemas"]
    parts = ["# HTTP", WRITTEN_BY, description["info"]["description"]]
    parts.append("The same description for programs is served at `GET /openapi.json`.")
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parts += _operation(f"{method.upper()} {path}", operation, schemas)
    parts.append("## Fields")
    for name, schema in sorted(schemas.items()):
        parts += _schema(name, schema)
    return "\n\n".join(parts) + "\n"


def _operation(route: str, operation: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    yield f"## `{route}`"
    summary: str = operation["summary"]
    yield summary if summary.endswith("?") else f"{summary}."
    yield operation["description"]
    if "parameters" in operation:
        yield _table(
            ("parameter", "type", "what it is"),
            [
                (f"`{parameter['name']}`", _type(parameter["schema"]), parameter["description"])
                for parameter in operation["parameters"]
            ],
        )
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body: `{media_type}`, {_type(content['schema'])}."
        if media_type == JSON:
            yield _fenced(_component(content["schema"], schemas)["examples"][0])
    yield from _replies(operation["responses"])


def _replies(responses: dict[str, Any]) -> Iterator[str]:
    failures = []
    for status, reply in responses.items():
        problems = reply["content"].get(PROBLEM_JSON, {}).get("examples", {})
        failures += [(status, f"`{code}`", example["value"]["advice"]) for code, example in problems.items()]
        if not problems:
            yield f"Status {status}: {reply['description']}"
        for media_type, content in reply["content"].items():
            if media_type == JSON:
                yield f"{_type(content['schema'])}:"
                yield _fenced(content["example"])
            elif media_type == EVENT_STREAM:
                yield f"As a stream:\n\n```text\n{content['example'].strip()}\n```"
    yield _table(("status", "code", "what to do"), failures)


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield schema["description"]
    if "enum" in schema:
        yield f"One of {', '.join(f'`{value}`' for value in schema['enum'])}."
    if "properties" in schema:
        required = set(schema.get("required", ()))
        yield _table(
            ("field", "type", "what it is"),
            [
                (
                    f"`{field}`",
                    _type(described),
                    described["description"] + _default(described, required=field in required),
                )
                for field, described in schema["properties"].items()
            ],
        )


def _default(described: dict[str, Any], *, required: bool) -> str:
    if required or described.get("default") is None:
        return ""
    return f" Left out: `{json.dumps(described['default'])}`."


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_type(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type", "any")) + _range(schema)


def _range(schema: dict[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f", {schema['minimum']} to {schema['maximum']}"
    return ""


def _component(schema: dict[str, Any], schemas: Schemas) -> dict[str, Any]:
    return schemas[schema["$ref"].removeprefix(REF)]


def _fenced(example: object) -> str:
    return f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)
