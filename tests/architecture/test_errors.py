"""Every foreseen failure has a code of its own, a status, an exit code and a way on."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import rag
from rag.adapters.prometheus import ERROR_KINDS
from rag.domain.errors import RagError
from rag.interfaces.cli.exit_codes import exit_code_of
from rag.interfaces.http.errors import status_of

ROOT = Path(__file__).parents[2]
LEAST_ADVICE_CHARACTERS = 15


def error_classes(base: type[RagError] = RagError) -> Iterator[type[RagError]]:
    """Give every error class that our modules define, once."""
    for module in pkgutil.walk_packages(rag.__path__, "rag."):
        if not module.name.endswith(("__main__", ".migrations.env")):  # these two do something when imported
            importlib.import_module(module.name)
    waiting, seen = [base], set[type[RagError]]()
    while waiting:
        error = waiting.pop()
        if error not in seen and error.__module__.startswith("rag."):
            seen.add(error)
            yield error
            waiting.extend(error.__subclasses__())


def problems(errors: Iterable[type[RagError]]) -> list[str]:
    """List what is missing in these classes, one line each."""
    found: list[str] = []
    codes: dict[str, str] = {}
    for error in errors:
        name = error.__qualname__
        if error.code in codes:
            found.append(f"{name}: shares the code {error.code} with {codes[error.code]}")
        codes[error.code] = name
        if error.kind not in ERROR_KINDS:
            found.append(f"{name}: rag_errors_total does not start {error.kind} at 0")
        if len(error.advice) < LEAST_ADVICE_CHARACTERS or not error.advice.endswith("."):
            found.append(f"{name}: the advice is not a sentence")
    return found


def test_every_error_is_whole() -> None:
    """Codes are unique, kinds are counted from 0, and advice is a sentence."""
    assert problems(error_classes()) == []


def test_every_error_has_a_status_an_exit_code_and_a_line_in_the_reference() -> None:
    """Nothing foreseen reaches a person without all three."""
    reference = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    for error in error_classes():
        assert 400 <= status_of(error) <= 503, error
        assert exit_code_of(error) in {1, 2}, error
        assert f"| `{error.code}` |" in reference, error


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"code": "document_unknown"}, "shares the code"),
        ({"kind": "SomethingElse"}, "does not start SomethingElse at 0"),
        ({"advice": "Help"}, "not a sentence"),
    ],
)
def test_an_incomplete_error_is_found(attributes: dict[str, str], complaint: str) -> None:
    """Each part of the rule has a class that breaks it."""
    whole = {"code": "made_for_this_test", "kind": "ValidationError", "advice": "Do this and then that."}
    first = type(
        "First", (Exception,), {"code": "document_unknown", "kind": "NotFound", "advice": whole["advice"]}
    )
    broken = type("Broken", (Exception,), {**whole, **attributes})
    (only,) = problems([first, broken])
    assert complaint in only
