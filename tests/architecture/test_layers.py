"""import-linter's contracts hold, and each of them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract id -> (a module of ours, an import that the contract must refuse there)
VIOLATIONS = {
    "layers": ("domain/question.py", "import rag.ports.clock"),
    "wiring": ("interfaces/http/app.py", "import rag.adapters.system_clock"),
    "adapters": ("adapters/system_clock.py", "import rag.adapters.folders"),
    "interfaces": ("interfaces/cli/main.py", "import rag.interfaces.http.app"),
    "cycles": ("domain/errors.py", "import rag.domain.question"),
    "core": ("services/ask.py", "import httpx"),
    "numpy": ("domain/ranking.py", "import numpy"),
    "postgres": ("adapters/folders/finder.py", "import sqlalchemy"),
    "qdrant": ("adapters/folders/finder.py", "import qdrant_client"),
    "engine": ("adapters/folders/finder.py", "import qdrant_edge"),
    "models": ("adapters/folders/finder.py", "import openvino"),
    "parsers": ("adapters/folders/finder.py", "import pypdfium2"),
    "sentences": ("adapters/folders/finder.py", "import syntok"),
    "prometheus": ("interfaces/http/app.py", "import prometheus_client"),
    "web": ("interfaces/cli/main.py", "import fastapi"),
    "terminal": ("interfaces/http/app.py", "import rich"),
}

# import-linter's own entry point, kept from reading another project's settings by the working directory.
LINT = (
    "import sys; sys.path.insert(0, 'src'); "
    "from importlinter.cli import lint_imports_command; lint_imports_command()"
)


def lint(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the project at `place`."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy our sources and settings to a place where they may be broken."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds() -> None:
    """The tree as it is keeps every contract."""
    outcome = lint(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_contract_has_a_violation() -> None:
    """A contract that nobody has seen fail proves nothing."""
    written = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for contract in VIOLATIONS:
        assert f'id = "{contract}"' in written
    assert written.count("[[tool.importlinter.contracts]]") == len(VIOLATIONS)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_breaks_its_contract(project: Path, contract: str) -> None:
    """One forbidden import, put where it does not belong, fails the run."""
    module, forbidden = VIOLATIONS[contract]
    path = project / "src" / "rag" / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{forbidden}\n", encoding="utf-8")
    outcome = lint(project, "--contract", contract)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "BROKEN" in outcome.stdout
