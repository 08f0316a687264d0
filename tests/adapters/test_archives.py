"""Do archives give their files, whoever made them, and does none of them exhaust the machine?"""

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from rag.adapters.archives import FileArchives, Limits
from rag.adapters.folders import FolderFinder
from rag.ports.files import SourceFile
from rag.ports.parsing import EncryptedFileError, FileTooLargeError, UnreadableFileError
from tests.support.made_archives import (
    PACKERS,
    archive_file,
    many_entries,
    tar_of,
    with_stated_size,
    zip_of,
)

ARCHIVES = FileArchives(lambda name: name.endswith(".md"))
DOCUMENTS = {"guides/a.md": b"First.", "b.md": b"Second."}
SECONDS = 2.0
MEBIBYTES = 200


def opened(file: SourceFile, archives: FileArchives = ARCHIVES) -> Mapping[str, bytes]:
    """Read everything in an archive."""
    with archives.reading() as reading:
        return {member.source: member.read() for member in reading.members(file).files}


def errors_of(file: SourceFile, archives: FileArchives = ARCHIVES) -> Mapping[str, str]:
    """Name what is wrong with each file in an archive."""
    found = {}
    with archives.reading() as reading:
        for member in reading.members(file).files:
            try:
                member.read()
            except (EncryptedFileError, FileTooLargeError, UnreadableFileError) as error:
                found[member.source] = type(error).__name__
    return found


@pytest.mark.parametrize("ending", [".zip", ".ZIP", *PACKERS])
def test_each_member_is_a_file_of_its_own(ending: str) -> None:
    """Names, places, paths, times and bytes; hidden files and other formats are left out."""
    files = {**DOCUMENTS, "__MACOSX/._a.md": b"", ".git/c.md": b"", ".DS_Store": b"", "tool.exe": b"MZ"}
    pack = PACKERS.get(ending)
    file = archive_file(f"bundle{ending}", pack(tar_of(files)) if pack else zip_of(files))
    assert ARCHIVES.is_archive(file.source)
    with ARCHIVES.reading() as reading:
        members = reading.members(file)
        first, second = members.files
        assert members.passed_over == (f"bundle{ending}/tool.exe",)
        assert first.source == f"bundle{ending}/guides/a.md"
        assert first.place == first.file_path == f"/docs/bundle{ending}!/guides/a.md"
        assert first.modified is not None
        assert first.modified.year in {2023, 2024}
        assert [second.read(), first.read(), second.read()] == [b"Second.", b"First.", b"Second."]


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.md", "zip", "a.zip.md", "a.gz", "a.jar"])
def test_only_the_extension_makes_an_archive(name: str) -> None:
    """An Office document is a ZIP inside, and stays a document."""
    assert not ARCHIVES.is_archive(name)


def test_archives_within_archives_are_opened_once() -> None:
    """One level down is read, with the place of both; what lies deeper fails alone."""
    inner = zip_of({"c.md": b"Third.", "deep.zip": zip_of({"d.md": b"Fourth."})})
    file = archive_file("outer.tar", tar_of({**DOCUMENTS, "x/inner.zip": inner}))
    assert errors_of(file) == {"outer.tar/x/inner.zip/deep.zip": "FileTooLargeError"}
    with ARCHIVES.reading() as reading:
        third = reading.members(file).files[2]
        assert third.place == "/docs/outer.tar!/x/inner.zip!/c.md"
        assert third.read() == b"Third."


def test_a_damaged_archive_within_an_archive_fails_alone() -> None:
    """The other files of the outer one are read."""
    file = archive_file("outer.zip", zip_of({"inner.zip": b"no archive", **DOCUMENTS}))
    assert errors_of(file) == {"outer.zip/inner.zip": "UnreadableFileError"}


@pytest.mark.parametrize(
    ("names", "harmless"),
    [
        (["../../etc/a.md", "/etc/b.md"], ["etc/a.md", "etc/b.md"]),
        (["C:\\docs\\a.md", "x\\..\\b.md"], ["docs/a.md", "x/b.md"]),
        (["a\n\x1b[2J.md", "u\u0308.md"], ["a[2J.md", "\u00fc.md"]),
        (["../a.md", "../../a.md", "a.md"], ["a.md", "a (2).md", "a (3).md"]),
        (["gpj\u202edm.md", "日本.md"], ["gpjdm.md", "日本.md"]),
    ],
)
@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_harmful_names_become_harmless(
    pack: Callable[[Mapping[str, bytes]], bytes], names: Sequence[str], harmless: Sequence[str]
) -> None:
    """Names are only names: nothing is written under them, and none leads out or deceives."""
    name = "a.zip" if pack is zip_of else "a.tar"
    content = pack({each: each.encode() for each in names})
    expected = {f"{name}/{kept}": each.encode() for kept, each in zip(harmless, names, strict=True)}
    assert opened(archive_file(name, content)) == expected


def test_of_two_members_with_one_name_the_last_counts() -> None:
    """That is what unpacking would leave."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for content in (b"Old.", b"New words."):
            info = tarfile.TarInfo("a.md")
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    assert opened(archive_file("a.tar", stream.getvalue())) == {"a.tar/a.md": b"New words."}


def test_links_and_devices_are_passed_over() -> None:
    """Nothing outside the archive is ever read."""
    special = {}
    for name, kind in {"l.md": tarfile.SYMTYPE, "d.md": tarfile.CHRTYPE}.items():
        special[name] = tarfile.TarInfo(name)
        special[name].type, special[name].linkname = kind, "/etc/passwd"
    assert opened(archive_file("a.tar", tar_of({**special, "b.md": b"B"}))) == {"a.tar/b.md": b"B"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        info = zipfile.ZipInfo("l.md")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, "/etc/passwd")
    assert opened(archive_file("a.zip", stream.getvalue())) == {}


def linked(name: str, to: str) -> tarfile.TarInfo:
    """Make a second name of a file in a tar."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.LNKTYPE, to
    return info


def test_a_hard_link_in_a_tar_is_the_file_that_it_names() -> None:
    """One that leads out of the archive, or to what comes later, says so; nothing outside is read."""
    good: dict[str, bytes | tarfile.TarInfo] = {"./a.md": b"A", "b.md": linked("b.md", "a.md")}
    assert opened(archive_file("a.tar", tar_of(good))) == {"a.tar/a.md": b"A", "a.tar/b.md": b"A"}
    bad: dict[str, bytes | tarfile.TarInfo] = {
        "c.md": linked("c.md", "/etc/passwd"),
        "d.md": linked("d.md", "e.md"),
        "e.md": b"E",
    }
    assert errors_of(archive_file("a.tar", tar_of(bad))) == {
        "a.tar/c.md": "UnreadableFileError",
        "a.tar/d.md": "UnreadableFileError",
    }


def test_an_encrypted_member_fails_alone() -> None:
    """The mark is in its entry; the others are read."""
    content = bytearray(zip_of(DOCUMENTS))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert errors_of(archive_file("a.zip", bytes(content))) == {"a.zip/guides/a.md": "EncryptedFileError"}


def test_what_is_too_large_fails_alone() -> None:
    """A member is measured before it is unpacked."""
    small = FileArchives(ARCHIVES.reads, Limits(member_bytes=6))
    for name, content in (("a.zip", zip_of(DOCUMENTS)), ("a.tar", tar_of(DOCUMENTS))):
        assert errors_of(archive_file(name, content), small) == {f"{name}/b.md": "FileTooLargeError"}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(members=1), "more than 1 files"),
        (Limits(total_bytes=200), "200"),
        (Limits(members=3), "more than 3 files"),
    ],
)
def test_the_limits_hold_for_an_archive_with_those_in_it(limits: Limits, said: str) -> None:
    """Nobody escapes a limit by packing twice."""
    file = archive_file("a.zip", zip_of({"1.zip": zip_of(DOCUMENTS), "2.zip": zip_of(DOCUMENTS)}))
    with (
        FileArchives(ARCHIVES.reads, limits).reading() as reading,
        pytest.raises(FileTooLargeError) as caught,
    ):
        reading.members(file)
    assert said in str(caught.value)


def damaged() -> Mapping[str, bytes]:
    """Make archives that are broken in different places."""
    plain = zip_of({"a.md": b"word " * 1000})
    packed = PACKERS[".tar.gz"](tar_of({"a.md": os.urandom(9000)}))
    broken_tar = bytearray(tar_of({"a.md": b"A" * 600, "b.md": b"B"}))
    broken_tar[1536 + 148] ^= 0xFF
    return {
        "empty.zip": b"",
        "words.zip": b"These are words.",
        "false-place.zip": plain.replace(b"PK\x01\x02", b"PK\x01\x09"),
        "cut.zip": plain[: len(plain) // 2],
        "empty.tar": b"",
        "words.tar": b"These are words. " * 100,
        "cut.tar.gz": packed[:-500],
        "wrong-sum.tgz": packed[:-8] + bytes(8),
        "no-second-header.tar": bytes(broken_tar),
        "only-name.tar.xz": b"\xfd7zXZ\x00",
        "only-name.tar.bz2": b"BZh9",
    }


@pytest.mark.parametrize(("name", "content"), damaged().items(), ids=damaged())
def test_a_damaged_archive_says_so(name: str, content: bytes) -> None:
    """None of them counts as an archive without files."""
    with ARCHIVES.reading() as reading, pytest.raises(UnreadableFileError, match="damaged"):
        reading.members(archive_file(name, content))


def test_a_member_with_a_false_size_or_sum_fails_alone() -> None:
    """What really comes out is counted and summed."""
    file = archive_file("a.zip", with_stated_size(zip_of({"a.md": b"word " * 1000}), size=10))
    assert errors_of(file) == {"a.zip/a.md": "UnreadableFileError"}
    assert errors_of(archive_file("a.zip", with_stated_size(zip_of({"a.md": b"word"}), size=2**31))) == {
        "a.zip/a.md": "FileTooLargeError"
    }


def test_a_member_without_a_name_is_passed_over() -> None:
    """Nothing can be said of it, so nothing is."""
    content = zip_of({"a.md": b"A", "b.md": b"B"}).replace(b"a.md", b"\x00.md")
    assert opened(archive_file("a.zip", content)) == {"a.zip/b.md": b"B"}


def test_a_header_that_asks_for_much_memory_is_refused() -> None:
    """The note in front of a tar's member may claim any length."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 300 * 2**20
    header = info.tobuf(tarfile.GNU_FORMAT)
    with ARCHIVES.reading() as reading, pytest.raises(FileTooLargeError, match="claims"):
        reading.members(archive_file("a.tar", header + bytes(10_240)))


def test_more_archives_than_stay_open_can_be_read_in_any_order(tmp_path: Path) -> None:
    """Those that were closed are opened again, and nothing is left behind."""
    for number in range(6):
        tar = PACKERS[".tar.gz"](tar_of({"a.md": str(number).encode()}))
        content = zip_of({"in.tar.gz": tar}) if number % 2 else tar
        (tmp_path / f"{number}{'.zip' if number % 2 else '.tar.gz'}").write_bytes(content)
    files = FolderFinder(reads=ARCHIVES.is_archive).find([tmp_path])
    before = psutil.Process().num_fds()
    with ARCHIVES.reading() as reading:
        members = [reading.members(file).files[0] for file in files]
        assert [member.read() for member in [*members, *reversed(members)]] == [
            *(b"%d" % number for number in range(6)),
            *(b"%d" % number for number in reversed(range(6))),
        ]
    assert psutil.Process().num_fds() == before
    with pytest.raises(UnreadableFileError, match="closed"):
        members[0].read()


def test_an_archive_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    """No file is ever given under the name of another one."""
    paths = [tmp_path / f"{number}.zip" for number in range(6)]
    for path in paths:
        path.write_bytes(zip_of({"a.md": b"Old.", "b.md": b"Other."}))
    with ARCHIVES.reading() as reading:
        found = FolderFinder(reads=ARCHIVES.is_archive).find(paths)
        members = [reading.members(file).files[1] for file in found]
        paths[0].write_bytes(zip_of({"b.md": b"New.", "a.md": b"Words."}))
        with pytest.raises(UnreadableFileError, match="changed"):
            members[0].read()


def test_an_archive_at_the_limit_is_read() -> None:
    """The limits refuse nothing that keeps them."""
    assert len(opened(archive_file("a.zip", many_entries(10_000)))) == 10_000
