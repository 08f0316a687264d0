"""Files and functions stay short, and names say something."""

from pathlib import Path

import pytest

from tests.architecture.budgets import violations

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "scripts", "docs"])
def test_every_file_and_function_keeps_its_budget(folder: str) -> None:
    """No file above 300 lines, no function above 40, no vague name."""
    assert violations(ROOT / folder) == []


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("long.py", "x = 1\n" * 301, "301 lines"),
        ("fine.py", "def f():\n" + "    x = 1\n" * 40, "f has 41 lines"),
        ("utils.py", "x = 1\n", "file's name"),
        ("fine.py", "class QueryManager:\n    pass\n", "QueryManager says nothing"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, name: str, source: str, complaint: str) -> None:
    """Each budget has a file that breaks it, and is caught."""
    (tmp_path / name).write_text(source, encoding="utf-8")
    (only,) = violations(tmp_path)
    assert complaint in only


def test_a_docstring_does_not_count_against_a_function(tmp_path: Path) -> None:
    """Explaining more is never punished."""
    documentation = '    """Say\n' + "    more\n" * 30 + '    """\n'
    source = "def f():\n" + documentation + "    x = 1\n" * 39
    (tmp_path / "fine.py").write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []
