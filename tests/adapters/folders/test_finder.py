"""Are folders searched for files that can be read, and for nothing that would hold us up?"""

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.adapters.folders import FolderFinder
from rag.ports.files import NoSuchPathError
from rag.ports.parsing import FileTooLargeError, UnreadableFileError

pytestmark = pytest.mark.timeout(20)
FINDER = FolderFinder(reads=lambda name: name.endswith(".md"))


def listed(*paths: Path) -> list[str]:
    """Give the names of what is found."""
    return [file.source for file in FINDER.find(paths)]


def write(path: Path, text: str = "words") -> Path:
    """Write a file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_files_of_our_kinds_are_listed_once_in_order(tmp_path: Path) -> None:
    """Names are relative to the folder, hidden ones and other formats are left out."""
    for name in ("b.md", "a.md", "deep/c.md", ".hidden.md", ".git/d.md", "e.docx"):
        write(tmp_path / name)
    assert listed(tmp_path, tmp_path / "a.md", tmp_path) == ["a.md", "b.md", "deep/c.md"]


def test_a_file_tells_its_place_time_and_bytes(tmp_path: Path) -> None:
    """A file that is named directly is listed whatever its format, with all that is known of it."""
    path = write(tmp_path / "notes.docx", "größer")
    os.utime(path, (1e9, 1e9))
    (file,) = FINDER.find([path])
    assert (file.source, file.place, file.file_path) == ("notes.docx", str(path), str(path))
    assert file.modified == datetime.fromtimestamp(1e9, tz=UTC)
    assert file.read() == "größer".encode()


def test_pipes_and_sockets_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called like a document but is no file, nor a link to one, is not listed."""
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "link-to-pipe.md").symlink_to(tmp_path / "pipe.md")
    (tmp_path / "device.md").symlink_to("/dev/zero")
    write(tmp_path / "file.md")
    (tmp_path / "link.md").symlink_to(tmp_path / "file.md")
    monkeypatch.chdir(tmp_path)  # the path of a socket may have about a hundred characters only
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")
        assert listed(tmp_path) == ["file.md", "link.md"]


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_special_file_that_is_named_is_refused(tmp_path: Path, kind: str) -> None:
    """Naming a pipe or a device gives an error that says what it is, at once."""
    path = tmp_path / "named.md"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(NoSuchPathError, match="neither a file nor a folder"):
        FINDER.find([path])


def test_a_file_that_became_a_pipe_is_unreadable(tmp_path: Path) -> None:
    """What was replaced after it had been listed does not hold up the reading."""
    path = write(tmp_path / "a.md")
    (file,) = FINDER.find([path])
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UnreadableFileError, match="no file any more"):
        file.read()


def test_a_broken_link_is_listed_and_cannot_be_read(tmp_path: Path) -> None:
    """A link that leads nowhere is reported when it is read, not dropped in silence."""
    (tmp_path / "broken.md").symlink_to(tmp_path / "nowhere")
    (file,) = FINDER.find([tmp_path])
    assert file.modified is None
    with pytest.raises(FileNotFoundError):
        file.read()


def test_a_file_over_the_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    """A file of a terabyte (of nothing) is refused without being read; one at the limit is read."""
    path = write(tmp_path / "a.md", "12345")
    (file,) = FolderFinder(reads=FINDER.reads, max_bytes=5).find([tmp_path])
    assert file.read() == b"12345"
    os.truncate(path, 2**40)
    with pytest.raises(FileTooLargeError, match="the limit is 5"):
        file.read()


def test_what_has_no_size_is_read_to_the_limit_only(tmp_path: Path) -> None:
    """A file of the kernel, which claims to be empty, is held to the limit as well."""
    source = Path("/proc/self/status")
    if not source.is_file():
        pytest.skip("there is no /proc on this machine")
    (tmp_path / "status.md").symlink_to(source)
    (file,) = FolderFinder(reads=FINDER.reads, max_bytes=10).find([tmp_path])
    with pytest.raises(FileTooLargeError):
        file.read()


def test_a_path_that_is_missing_is_refused(tmp_path: Path) -> None:
    """A path that does not exist is named in the error."""
    with pytest.raises(NoSuchPathError, match="nowhere does not exist"):
        FINDER.find([tmp_path / "nowhere"])


def test_files_of_other_formats_are_named(tmp_path: Path) -> None:
    """Nobody has to guess why a file is not found later."""
    (tmp_path / "a.md").write_text("a", encoding="utf-8")
    (tmp_path / "b.docx").write_bytes(b"b")
    (tmp_path / ".hidden").write_bytes(b"h")
    finder = FolderFinder(reads=lambda name: name.endswith(".md"))
    assert finder.passed_over([tmp_path, tmp_path / "a.md"]) == ["b.docx"]


def test_a_named_file_brings_its_sidecar(tmp_path: Path) -> None:
    """What stands beside it describes it, whether the folder was named or the file."""
    for name in ("a.md", "a.md.meta.yaml", "b.md", "b.md.meta.yaml"):
        write(tmp_path / name)
    finder = FolderFinder(reads=lambda name: name.endswith((".md", ".yaml")))
    assert [file.source for file in finder.find([tmp_path / "a.md"])] == ["a.md", "a.md.meta.yaml"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    """A circle of links ends, and no file is listed twice."""
    write(tmp_path / "docs" / "a.md")
    (tmp_path / "docs" / "again").symlink_to(tmp_path / "docs")
    assert listed(tmp_path / "docs") == ["a.md"]
    (tmp_path / "way").symlink_to(tmp_path / "docs")
    assert [file.place for file in FINDER.find([tmp_path / "way"])] == [str(tmp_path / "docs" / "a.md")]


def test_a_folder_within_that_cannot_be_opened_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it says why; it is not as if there were nothing in it."""
    write(tmp_path / "locked" / "a.md")
    write(tmp_path / "z.md")
    scan = os.scandir

    def without_rights(path: str) -> object:  # rights do not bind the administrator, who may run the tests
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr("os.scandir", without_rights)
    files = {file.source: file for file in FINDER.find([tmp_path])}
    assert set(files) == {"locked", "z.md"}
    with pytest.raises(UnreadableFileError, match="Permission denied"):
        files["locked"].read()


def test_roots_are_as_places_begin(tmp_path: Path) -> None:
    """A folder ends with a sign that no neighbour's name has."""
    path = write(tmp_path / "a.md")
    assert FINDER.roots([tmp_path, path]) == [f"{tmp_path}/", str(path)]


def test_a_large_file_can_be_opened_where_it_lies(tmp_path: Path) -> None:
    """An archive may be larger than a document."""
    write(tmp_path / "a.md", "123456")
    (file,) = FolderFinder(reads=FINDER.reads, max_bytes=5).find([tmp_path])
    assert file.open_stream is not None
    with file.open_stream() as stream:
        assert stream.read() == b"123456"
