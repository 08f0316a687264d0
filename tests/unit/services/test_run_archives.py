"""Carrying out jobs with archives among their files."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from rag.adapters.archives import FileArchives
from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.domain.errors import UnavailableError
from rag.ports.jobs import FileResult, JobState, NothingToRetryError, Upload
from rag.services.expand_archives import ExpandArchives
from rag.services.unpack_upload import UnpackUpload
from tests.support.job_runs import job_runner, outcomes
from tests.support.workbench import LineParser, Workbench


def zipped(**texts: str) -> bytes:
    """Make a ZIP archive of files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.md", text)
    return packed.getvalue()


async def test_an_archive_becomes_the_files_in_it() -> None:
    """One that cannot be opened fails by itself, and the others go on."""
    bench, jobs = Workbench(), InMemoryJobBoard()
    archives = [
        Upload("b.zip", zipped(moon="The moon orbits the earth.", void=" ")),
        Upload("bad.zip", b"no archive"),
        Upload("a.md", b"A backup runs every night."),
    ]
    job = await jobs.submit(archives)
    opening = job_runner(bench, jobs)
    await opening(job.id)
    ended = await jobs.job(job.id)
    assert (ended.state, ended.total) == (JobState.SUCCEEDED, 4)
    assert outcomes(ended) == {
        "bad.zip": "failed",
        "a.md": "added",
        "b.zip/moon.md": "added",
        "b.zip/void.md": "failed",
    }
    (bad,) = [result for result in ended.results if result.name == "bad.zip"]
    assert bad.error_code == "file_unreadable"
    # The archive that could not be opened is kept for another try, as any failed file is.
    await jobs.retry(job.id)
    await opening(job.id)
    assert outcomes(await jobs.job(job.id)) == outcomes(ended)


class StoppedBoard(InMemoryJobBoard):
    """A board whose worker dies before a certain part of an archive."""

    parts_left = 1

    async def expand(
        self, job_id: UUID, name: str, members: Sequence[Upload | FileResult], *, last: bool = True
    ) -> Sequence[str] | None:
        """Die, or go on."""
        self.parts_left -= 1
        if self.parts_left < 0:
            raise UnavailableError("It went away.")
        return await super().expand(job_id, name, members, last=last)


async def test_a_kill_within_an_archive_loses_nothing() -> None:
    """The next worker goes on with it; every file is there once, and each failure keeps its reason."""
    bench, jobs = Workbench(), StoppedBoard()
    texts = {letter: f"Words of {letter}." for letter in "acd"}
    job = await jobs.submit([Upload("z.zip", encrypted_first(zipped(locked="Secret.", **texts)))])
    unpack = UnpackUpload(ExpandArchives(FileArchives(LineParser().reads)), part_bytes=20)
    opening = replace(job_runner(bench, jobs), unpack=unpack)
    with pytest.raises(UnavailableError):
        await opening(job.id)
    begun = await jobs.job(job.id)
    assert (begun.total, begun.done) == (3, 1)
    jobs.parts_left = 100
    await opening(job.id)
    ended = await jobs.job(job.id)
    assert outcomes(ended) == {"z.zip/locked.md": "failed"} | {f"z.zip/{name}.md": "added" for name in texts}
    assert [each.error_code for each in ended.results if each.error] == ["file_encrypted"]
    with pytest.raises(NothingToRetryError):
        await jobs.retry(job.id)


def encrypted_first(archive: bytes) -> bytes:
    """Mark the first file of a ZIP as one with a password."""
    content = bytearray(archive)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)
