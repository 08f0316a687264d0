"""Every benchmark still starts: none is run here, since a busy machine would make a gate of it."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("benchmark_file", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_explains_itself(benchmark_file: Path) -> None:
    """Its imports hold, and its help says what it measures."""
    shown = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{benchmark_file.stem}", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=BENCHMARKS[0].parents[1],
    ).stdout
    assert "usage:" in shown
    assert "?" in shown, "the first sentence asks what is measured"
