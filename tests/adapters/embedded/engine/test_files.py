"""Files are replaced and copied whole, and a copy takes no more room than the original."""

from pathlib import Path

import pytest

from rag.adapters.embedded.engine.files import copy_tree, sync_tree, write_atomically

MIB = 1 << 20


@pytest.mark.parametrize(
    "extents",
    [
        [],
        [(0, b"start")],
        [(5 * MIB, b"middle")],
        [(0, b"start"), (3 * MIB, b"x" * (2 * MIB)), (8 * MIB - 3, b"end")],
    ],
)
def test_a_copy_is_equal_and_keeps_its_holes(tmp_path: Path, extents: list[tuple[int, bytes]]) -> None:
    """Wherever the content stands in a file of eight megabytes, the copy has it there, and only there."""
    source = tmp_path / "source" / "segments" / "one" / "vectors"
    source.parent.mkdir(parents=True)
    with source.open("wb") as file:
        for start, content in extents:
            file.seek(start)
            file.write(content)
        file.truncate(8 * MIB)
    (tmp_path / "source" / "empty").touch()
    copy_tree(tmp_path / "source", tmp_path / "target")
    sync_tree(tmp_path / "target")
    copied = tmp_path / "target" / "segments" / "one" / "vectors"
    assert copied.read_bytes() == source.read_bytes()
    assert (tmp_path / "target" / "empty").read_bytes() == b""
    assert copied.stat().st_blocks <= source.stat().st_blocks + 16


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content stands under the name, and no draft beside it."""
    path = tmp_path / "catalogue.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
