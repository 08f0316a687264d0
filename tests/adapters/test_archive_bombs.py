"""Does no archive exhaust the machine?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag.adapters.archives import FileArchives
from tests.support.made_archives import (
    BOMBS,
)

ARCHIVES = FileArchives(lambda name: name.endswith(".md"))
DOCUMENTS = {"guides/a.md": b"First.", "b.md": b"Second."}
SECONDS = 2.0
MEBIBYTES = 200

# Lists an archive and reads all of it, as an ingest does, and says what came of it.
READ = """
import json, sys, time
from pathlib import Path
from rag.adapters.archives import FileArchives
from rag.adapters.folders import FolderFinder
from rag.domain.errors import RagError
archives = FileArchives(lambda name: name.endswith(".md"))
(file,) = FolderFinder(reads=archives.is_archive).find([Path(sys.argv[1])])
began, errors, read = time.perf_counter(), set(), 0
with archives.reading() as reading:
    try:
        members = reading.members(file).files
    except RagError as error:
        members = []
        errors.add(type(error).__name__)
    for member in members:
        try:
            member.read()
            read += 1
        except RagError as error:
            errors.add(type(error).__name__)
peak = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
said = {"seconds": time.perf_counter() - began, "kib": int(peak[0]), "errors": sorted(errors), "read": read}
print(json.dumps(said))
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_in_no_time_and_in_little_memory(bomb: str, tmp_path: Path) -> None:
    """Whatever was made to exhaust the machine is too large, and said to be so."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this machine does not say how much memory a process took")
    path = tmp_path / bomb
    BOMBS[bomb](path)
    done = subprocess.run(
        [sys.executable, "-c", READ, path], check=True, capture_output=True, text=True, timeout=60
    )
    said = json.loads(done.stdout)
    assert said["errors"] in (["FileTooLargeError"], ["UnreadableFileError"])
    assert said["read"] == 0
    assert said["seconds"] <= SECONDS
    assert said["kib"] <= MEBIBYTES * 1024
