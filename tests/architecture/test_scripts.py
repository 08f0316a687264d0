"""Scripts are thin doors to the CLI, and every one is documented."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
SHELL = re.compile(
    r"#!/usr/bin/env bash\n(?:#[^\n]*\n)*set -euo pipefail\n(?:[^\n]*\n)?exec [^\n]*rag [^\n]+\n"
)


# Any Python will do: the project's own one may not be set up yet.
EXEC = re.compile(
    r"\nrag = Path\(__file__\).resolve\(\).parents\[1\] / \"rag\"\n"
    r"os.execv\(rag, \[str\(rag\), [^\n]+, \*sys.argv\[1:\]\]\)[^\n]*\n\Z"
)


def problems(script: Path) -> list[str]:
    """List what makes a script more than a door, one line each."""
    source = script.read_text(encoding="utf-8")
    if script.suffix == ".sh":
        return [] if SHELL.fullmatch(source) else [f"{script.name}: more than one exec of rag"]
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            found.append(f"{script.name}: defines something")
        if isinstance(node, ast.Import) and any(name.name not in {"os", "sys"} for name in node.names):
            found.append(f"{script.name}: imports more than it needs")
        if isinstance(node, ast.ImportFrom) and node.module != "pathlib":
            found.append(f"{script.name}: imports more than it needs")
    if not EXEC.search(source):
        found.append(f"{script.name}: does not end in one exec of rag")
    return found


DOOR = """
rag = Path(__file__).resolve().parents[1] / "rag"
os.execv(rag, [str(rag), "ask", *sys.argv[1:]])
"""


def scripts() -> list[Path]:
    """Give every script on disk."""
    return sorted(path for path in SCRIPTS.iterdir() if path.suffix in {".py", ".sh"})


def test_every_script_is_a_thin_door() -> None:
    """A Python script defines nothing and is one exec, and so is a shell script."""
    assert [problem for script in scripts() for problem in problems(script)] == []


def test_every_script_is_documented_and_every_documented_script_exists() -> None:
    """The pages and the folder name the same scripts."""
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    named = set(re.findall(r"scripts/([a-z_]+\.(?:py|sh))", pages))
    assert named == {script.name for script in scripts()}


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("thick.py", f"def work() -> None: ...\n{DOOR}", "defines something"),
        ("thick.py", f"import json\n{DOOR}", "more than it needs"),
        ("thick.py", f"from rag.services import ask\n{DOOR}", "more than it needs"),
        ("thick.py", f"{DOOR}os.remove('x')\n", "does not end in one exec"),
        (
            "thick.sh",
            "#!/usr/bin/env bash\nset -euo pipefail\nrm -rf x\nexec rag serve\nexec rag ask\n",
            "more than",
        ),
        ("thick.sh", "#!/usr/bin/env bash\nexec rag serve\n", "more than one exec"),
    ],
)
def test_a_thick_script_is_found(tmp_path: Path, name: str, source: str, complaint: str) -> None:
    """Each part of the rule has a script that breaks it."""
    script = tmp_path / name
    script.write_text(source, encoding="utf-8")
    (only,) = problems(script)
    assert complaint in only
