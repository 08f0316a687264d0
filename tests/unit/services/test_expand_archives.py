"""Letting archives stand for the files in them."""

from collections.abc import Sequence

import pytest

from rag.adapters.archives import FileArchives
from rag.ports.files import SourceFile
from rag.ports.jobs import FileResult, Upload
from rag.ports.parsing import EmptyDocumentError, UnreadableFileError
from rag.services.expand_archives import ExpandArchives
from rag.services.unpack_upload import Part, UnpackUpload
from tests.support.made_archives import archive_file, zip_of
from tests.support.workbench import Workbench, file

EXPAND = ExpandArchives(FileArchives(lambda name: name.endswith(".md")))
BUNDLE = {"x/a.md": b"A backup runs at night.", "b.md": b"An alert pages.", "c.exe": b"MZ"}


async def test_members_become_documents_of_their_own() -> None:
    """Beside them, files that are no archives stay as they are."""
    bench = Workbench()
    with EXPAND([file("plain.md", "Words."), archive_file("b.zip", zip_of(BUNDLE))]) as members:
        outcomes = await bench.take_in(*members.files)
    assert [(one.file.source, one.outcome) for one in outcomes] == [
        ("plain.md", "added"),
        ("b.zip/x/a.md", "added"),
        ("b.zip/b.md", "added"),
    ]
    assert members.passed_over == ("b.zip/c.exe",)
    summary = await bench.library.summary(outcomes[1].document_id)
    assert summary.file_path == "/docs/b.zip!/x/a.md"


def test_an_archive_that_cannot_be_opened_fails_alone() -> None:
    """The file stays, and reading it says why; the others are there."""

    def away() -> bytes:
        raise PermissionError(13, "Permission denied")

    locked = SourceFile("locked.zip", "/docs/locked.zip", "/docs/locked.zip", away)
    with EXPAND([locked, archive_file("no.zip", b"words"), file("a.md", "A")]) as members:
        first, second, third = members.files
        with pytest.raises(UnreadableFileError, match="Permission denied"):
            first.content()
        with pytest.raises(UnreadableFileError, match="damaged"):
            second.content()
        assert third.content() == b"A"


def test_an_archive_without_documents_is_named() -> None:
    """It is not passed over in silence."""
    with EXPAND(
        [archive_file("e.zip", zip_of({"c.exe": b"MZ"})), archive_file("n.zip", zip_of({}))]
    ) as members:
        assert members.files == ()
        assert members.passed_over == ("e.zip/c.exe", "e.zip", "n.zip")


async def parts_of(upload: Upload, unpack: UnpackUpload) -> Sequence[Part]:
    """Unpack all of it."""
    return [part async for part in unpack(upload)]


async def test_an_uploaded_archive_becomes_uploads() -> None:
    """Sidecars come along, and what cannot be read is there with its reason."""
    upload = Upload("b.zip", zip_of({**BUNDLE, "b.md.meta.yaml": b"title: B", "in.zip": b"no"}))
    unpack = UnpackUpload(EXPAND)
    assert unpack.is_archive(upload.name)
    (part,) = await parts_of(upload, unpack)
    assert part.is_last
    assert list(part.members[:3]) == [
        Upload("b.zip/x/a.md", BUNDLE["x/a.md"]),
        Upload("b.zip/b.md", BUNDLE["b.md"]),
        Upload("b.zip/b.md.meta.yaml", b"title: B"),
    ]
    (failed,) = part.members[3:]
    assert isinstance(failed, FileResult)
    assert (failed.name, failed.outcome, failed.error_code) == ("b.zip/in.zip", "failed", "file_unreadable")


async def test_a_large_archive_is_unpacked_in_parts() -> None:
    """However much it holds, little of it is in memory at once; a larger file comes alone."""
    upload = Upload("b.zip", zip_of({f"{size}.md": b"x" * size for size in (4, 5, 3, 30, 1)}))
    parts = await parts_of(upload, UnpackUpload(EXPAND, part_bytes=10))
    sizes = [[len(one.content) for one in part.members if isinstance(one, Upload)] for part in parts]
    assert sizes == [[4, 5], [3], [30], [1]]
    assert [part.is_last for part in parts] == [False, False, False, True]


async def test_an_uploaded_archive_that_is_no_use_fails_itself() -> None:
    """A damaged one, and one without a file that is read."""
    unpack = UnpackUpload(EXPAND)
    with pytest.raises(UnreadableFileError, match="damaged"):
        await parts_of(Upload("a.zip", b"words"), unpack)
    with pytest.raises(EmptyDocumentError, match="and 1 of others"):
        await parts_of(Upload("a.zip", zip_of({"c.exe": b"MZ"})), unpack)
