"""Does no archive exhaust the machine?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.made_archives import BOMBS

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
"""
# Unpacks an archive that was uploaded.
UNPACK = """
import asyncio, json, sys, time
from pathlib import Path
from rag.adapters.archives import FileArchives
from rag.domain.errors import RagError
from rag.ports.jobs import FileResult, Upload
from rag.services.expand_archives import ExpandArchives
from rag.services.unpack_upload import UnpackUpload
errors, read = set(), 0
async def unpack(upload):
    global read
    try:
        archives = FileArchives(lambda name: name.endswith(".md"))
        async for part in UnpackUpload(ExpandArchives(archives))(upload):
            errors.update(type(one).__name__ for one in part.members if isinstance(one, FileResult))
            read += sum(isinstance(one, Upload) for one in part.members)
            failures = [one.error_code for one in part.members if isinstance(one, FileResult)]
            assert set(failures) <= {"file_too_large", "file_unreadable"}, failures
    except RagError as error:
        errors.add(type(error).__name__)
path = Path(sys.argv[1])
upload = Upload(path.name, path.read_bytes())
began = time.perf_counter()
asyncio.run(unpack(upload))
"""
SAY = """
peak = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
said = {"seconds": time.perf_counter() - began, "kib": int(peak[0]), "errors": sorted(errors), "read": read}
print(json.dumps(said))
"""


@pytest.mark.parametrize("way", [READ, UNPACK], ids=["folder", "upload"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_in_no_time_and_in_little_memory(bomb: str, way: str, tmp_path: Path) -> None:
    """Whatever was made to exhaust the machine is too large, and said to be so."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this machine does not say how much memory a process took")
    path = tmp_path / bomb
    BOMBS[bomb](path)
    done = subprocess.run(
        [sys.executable, "-c", way + SAY, path], check=True, capture_output=True, text=True, timeout=60
    )
    said = json.loads(done.stdout)
    assert said["errors"] in (["FileTooLargeError"], ["UnreadableFileError"], ["FileResult"])
    assert said["read"] == 0
    assert said["seconds"] <= SECONDS
    assert said["kib"] <= MEBIBYTES * 1024
