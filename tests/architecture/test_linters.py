"""ruff and mypy are as strict as the house rules say: each limit has a file that breaks it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUFF = (sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise")
MYPY = (sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"))
BRANCHES = "\n".join(f"    if number == {n}:\n        return {n}" for n in range(8))
VIOLATIONS = {
    "C901": f'def count(number: int) -> int:\n    """Count."""\n{BRANCHES}\n    return 9\n',
    "PLR0913": 'def add(*, a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> int:\n    """Add."""\n'
    "    return a + b + c + d + e + f + g\n",
    "D103": "def add(a: int) -> int:\n    return a\n",
    "ANN001": 'def add(a) -> int:\n    """Add."""\n    return int(a)\n',
    "FBT001": 'def add(a: bool) -> int:\n    """Add."""\n    return int(a)\n',
    "BLE001": "try:\n    x = 1\nexcept Exception:\n    x = 2\n",
    "T201": 'print("a")\n',
    "TD003": "x = 1  # TODO(me): later\n",
}


# A code with nothing behind it: no dash, no further comment.
EXCEPTION = re.compile(r"# (?:noqa|type: ignore)(?:: ?[A-Z0-9, ]+|\[[a-z, -]+\])?\s*$")


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_ruff_finds_a_violation(rule: str) -> None:
    """The file breaks one house rule among others, and ruff names it."""
    outcome = subprocess.run(
        [*RUFF, "--stdin-filename", "src/rag/domain/made_for_a_test.py", "-"],
        input=f'"""A file that breaks a rule."""\n\n\n{VIOLATIONS[rule]}',
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert f" {rule} " in outcome.stdout


def test_every_exception_has_its_reason() -> None:
    """A rule that is switched off says why: behind the code, or in a comment just above."""
    unexplained = [
        f"{path.relative_to(ROOT)}:{problem}"
        for folder in ("src", "benchmarks", "scripts", "docs")
        for path in (ROOT / folder).rglob("*.py")
        for problem in unexplained_exceptions(path.read_text(encoding="utf-8"))
    ]
    assert unexplained == []


def test_an_exception_without_a_reason_is_found() -> None:
    """The rule can fail, and knows both places for a reason."""
    assert unexplained_exceptions("import a  # noqa: PLC0415\n") == ["1: import a  # noqa: PLC0415"]
    assert unexplained_exceptions("import a  # noqa: PLC0415 - loads a model\n") == []
    assert unexplained_exceptions("# It loads a model.\nimport a  # noqa: PLC0415\n") == []


def unexplained_exceptions(source: str) -> list[str]:
    """Give the lines that switch a rule off and do not say why."""
    lines = source.splitlines()
    return [
        f"{number + 1}: {line.strip()}"
        for number, line in enumerate(lines)
        if EXCEPTION.search(line)
        and not any(above.strip().startswith("#") for above in lines[max(0, number - 3) : number])
    ]


def test_mypy_finds_a_violation(tmp_path: Path) -> None:
    """An untyped function is refused under our settings."""
    (tmp_path / "untyped.py").write_text("def add(a):\n    return a\n", encoding="utf-8")
    outcome = subprocess.run(
        [*MYPY, "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "untyped.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert "no-untyped-def" in outcome.stdout
