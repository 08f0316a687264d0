"""Whatever moment a writer is killed at, a whole test set stands on disk."""

import subprocess
import sys
import time
from pathlib import Path

from rag.adapters.test_sets import FileTestSets
from rag.domain.golden import Case, CaseKind, GoldenSet

CASES = 3000
WRITER = """
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from rag.adapters.test_sets import FileTestSets
golden = FileTestSets().read(Path(sys.argv[1]))
print("ready", flush=True)
for number in count(1):
    FileTestSets().write(Path(sys.argv[1]), replace(golden, about=str(number)))
"""


def test_a_killed_writer_leaves_the_old_set_or_the_new_one(tmp_path: Path) -> None:
    """Killed ten times in the middle of writing, one after the other."""
    path = tmp_path / "set.json"
    cases = tuple(Case(str(number), "Why? " * 20, CaseKind.UNANSWERABLE) for number in range(CASES))
    FileTestSets().write(path, GoldenSet("mine", "", cases))
    for attempt in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(0.02 + attempt * 0.007)
            writer.kill()
        assert len(FileTestSets().read(path).cases) == CASES
