"""Letting archives stand for the files in them."""

import pytest

from rag.adapters.archives import FileArchives
from rag.ports.files import SourceFile
from rag.ports.jobs import Upload
from rag.ports.parsing import EmptyDocumentError, UnreadableFileError
from rag.services.expand_archives import ExpandArchives
from rag.services.unpack_upload import UnpackUpload
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


async def test_an_uploaded_archive_becomes_uploads() -> None:
    """Sidecars come along, and what cannot be read is there with its reason."""
    upload = Upload("b.zip", zip_of({**BUNDLE, "b.md.meta.yaml": b"title: B", "in.zip": b"no"}))
    unpack = UnpackUpload(EXPAND)
    assert unpack.is_archive(upload.name)
    unpacked = await unpack(upload)
    assert [(one.name, one.content) for one in unpacked.uploads] == [
        ("b.zip/x/a.md", BUNDLE["x/a.md"]),
        ("b.zip/b.md", BUNDLE["b.md"]),
        ("b.zip/b.md.meta.yaml", b"title: B"),
        ("b.zip/in.zip", b""),
    ]
    assert list(unpacked.failed) == ["b.zip/in.zip"]


async def test_an_uploaded_archive_that_is_no_use_fails_itself() -> None:
    """A damaged one, and one without a file that is read."""
    unpack = UnpackUpload(EXPAND)
    damaged = await unpack(Upload("a.zip", b"words"))
    assert isinstance(damaged.failed["a.zip"], UnreadableFileError)
    empty = await unpack(Upload("a.zip", zip_of({"c.exe": b"MZ"})))
    assert isinstance(empty.failed["a.zip"], EmptyDocumentError)
    assert "and 1 of others" in str(empty.failed["a.zip"])
    assert [*damaged.uploads, *empty.uploads] == []
