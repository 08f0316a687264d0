"""What an installation brings is pinned, hashed, and free of what nobody asked for."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
HEAVY = re.compile(r"^(torch|nvidia|triton|sentence-transformers|transformers|onnx)", re.MULTILINE)


def unpinned(lock: str) -> list[str]:
    """Give the requirements of a lock that lack an exact version or a hash."""
    requirements = [entry for entry in re.split(r"\n(?=\S)", lock.strip()) if not entry.startswith("#")]
    return [entry for entry in requirements if "==" not in entry or "--hash=sha256:" not in entry]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_and_hashed(lock: Path) -> None:
    """Two installations of one lock are the same, whatever index serves them."""
    text = lock.read_text(encoding="utf-8")
    assert unpinned(text) == []
    assert "://" not in text


def test_no_lock_is_missing() -> None:
    """There is a lock to run with and a lock to develop with."""
    assert [lock.name for lock in LOCKS] == ["default.txt", "dev.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_brings_torch(lock: Path) -> None:
    """A laptop need not download gigabytes to answer a question."""
    assert HEAVY.findall(lock.read_text(encoding="utf-8")) == []


def test_every_direct_dependency_is_in_the_lock() -> None:
    """A dependency added without a new lock fails here, before it fails for a user."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements" / "default.txt").read_text(encoding="utf-8")
    for dependency in project["dependencies"]:
        name = re.split(r"[\[<>=; ]", dependency)[0]
        assert re.search(rf"^{re.escape(name)}==", lock, flags=re.MULTILINE), name


def test_a_loose_or_heavy_requirement_is_found() -> None:
    """The rules can fail."""
    assert unpinned("numpy>=2 \\\n    --hash=sha256:00\nrich==14.0\n") == [
        "numpy>=2 \\\n    --hash=sha256:00",
        "rich==14.0",
    ]
    assert HEAVY.findall("torch==2.13.0\n") == ["torch"]
