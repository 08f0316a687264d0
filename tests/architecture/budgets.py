"""Which files and functions are too long, and which names say nothing?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAX_FUNCTION_LINES = 40
MAX_FILE_LINES = 300
VAGUE = re.compile(r"(?i)(?:^|_|(?<=[a-z]))(manager|helpers?|utils?|common|misc|processor)(?:$|_|(?=[A-Z]))")


def violations(root: Path) -> list[str]:
    """List what is too long or vaguely named below `root`, one line each."""
    found: list[str] = []
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        source = path.read_text(encoding="utf-8")
        lines = source.count("\n")
        if lines > MAX_FILE_LINES:
            found.append(f"{place}: {lines} lines, the budget is {MAX_FILE_LINES}")
        if VAGUE.search(path.stem):
            found.append(f"{place}: the file's name says nothing")
        found.extend(f"{place}:{problem}" for problem in _in_definitions(ast.parse(source)))
    return found


def _in_definitions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and VAGUE.search(
            node.name
        ):
            yield f"{node.lineno}: the name {node.name} says nothing"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _lines_without_docstring(node)
            if length > MAX_FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {length} lines, the budget is {MAX_FUNCTION_LINES}"


def _lines_without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    has_docstring = ast.get_docstring(node, clean=False) is not None
    return length - ((first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0)
