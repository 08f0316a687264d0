"""./rag and ./test set themselves up, once, and say what is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = (
    *("cat", "cksum", "date", "dirname", "env", "id", "ln", "mkdir"),
    *("mv", "readlink", "rm", "sh", "sleep", "tail", "uname"),
)

# Stands in for the environment's programs: shows what it was called with.
SHOW = '#!/bin/sh\necho "$RAG_DATA_DIR"\nfor word in "$@"; do echo "<$word>"; done\n'

# Marks an environment as complete, by the wrappers' own means.
MARK = """
. "$root/requirements/setup.sh"
venv=$root/.venv
for what in default dev project place; do stamp_of "$what" >"$venv/set-up-$what"; done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the wrappers read, in a folder with a space in its name."""
    place = tmp_path / "a folder"
    (place / "requirements").mkdir(parents=True)
    for name in ("rag", "test", "pyproject.toml"):
        shutil.copy(ROOT / name, place / name)
    for path in (ROOT / "requirements").iterdir():
        shutil.copy(path, place / "requirements")
    return place


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with the usual programs of a small system, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    return folder


def program(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def finish_set_up(checkout: Path) -> None:
    """Give the checkout an environment that looks complete."""
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    program(programs / "python", "#!/bin/sh\nexit 0\n")
    program(programs / "rag", SHOW)
    subprocess.run(["/bin/sh", "-c", MARK], env={**os.environ, "root": str(checkout)}, check=True)


def call(command: Path, *arguments: str, path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a wrapper from somewhere else."""
    return subprocess.run(
        [str(command), *arguments],
        env={"PATH": str(path), "HOME": "/nonexistent", **settings},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_finished_set_up_costs_nothing_and_changes_no_word(checkout: Path, tools: Path) -> None:
    """Arguments arrive as they were typed, and the data stand beside the wrapper."""
    finish_set_up(checkout)
    finished = call(checkout / "rag", "ask", "two  words", "", "*", path=tools)
    assert finished.stderr == ""
    assert finished.stdout.splitlines() == [f"{checkout}/.data", "<ask>", "<two  words>", "<>", "<*>"]


def test_a_link_to_the_wrapper_works_and_a_data_directory_can_be_named(
    checkout: Path, tools: Path, tmp_path: Path
) -> None:
    """The folder is the wrapper's own, through any chain of links."""
    finish_set_up(checkout)
    (tmp_path / "first").symlink_to("a folder/rag")
    (tmp_path / "second").symlink_to(tmp_path / "first")
    finished = call(tmp_path / "second", "x", path=tools, RAG_DATA_DIR="/elsewhere")
    assert finished.stdout.splitlines() == ["/elsewhere", "<x>"]


@pytest.mark.parametrize("command", ["rag", "test"])
def test_without_python_it_says_what_to_type(checkout: Path, tools: Path, command: str) -> None:
    """A bare system is told the line that mends it."""
    program(tools / "apt-get", "#!/bin/sh\n")
    finished = call(checkout / command, path=tools)
    assert finished.returncode == 1
    assert "Python 3.11 or newer is needed" in finished.stderr
    assert "apt-get install -y python3 python3-venv" in finished.stderr
    assert not os.path.lexists(checkout / ".venv" / "lock")


def test_without_the_venv_module_it_names_the_package(checkout: Path, tools: Path) -> None:
    """Debian keeps that module in a package of its own."""
    program(tools / "apt-get", "#!/bin/sh\n")
    program(
        tools / "python3", "#!/bin/sh\ncase $2 in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac\nexit 0\n"
    )
    finished = call(checkout / "rag", path=tools)
    assert finished.returncode == 1
    assert "apt-get install -y python3.12-venv" in finished.stderr


def test_a_failed_installation_shows_why_and_starts_anew_next_time(checkout: Path, tools: Path) -> None:
    """What an interrupted or failed set-up leaves behind is never used."""
    program(tools / "python3", '#!/bin/sh\n[ "$2" != venv ] || { echo "the disk is full"; exit 1; }\n')
    first = call(checkout / "rag", path=tools)
    assert first.returncode == 1
    assert "the disk is full" in first.stderr
    assert (checkout / ".venv" / "unfinished").exists()
    (checkout / ".venv" / "half").touch()
    assert call(checkout / "rag", path=tools).returncode == 1
    assert not (checkout / ".venv" / "half").exists()


def test_a_lock_of_a_dead_process_is_cleared_away(checkout: Path, tools: Path) -> None:
    """A set-up that was killed does not stop the next one."""
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "lock").symlink_to(f"{os.uname().nodename}:{gone.pid}")
    finished = call(checkout / "rag", path=tools)
    assert "Python 3.11 or newer is needed" in finished.stderr
    assert not os.path.lexists(checkout / ".venv" / "lock")


def test_a_folder_that_cannot_be_written_is_named(checkout: Path, tools: Path) -> None:
    """Somebody else's checkout is not set up by half."""
    (checkout / ".venv").write_text("in the way", encoding="utf-8")
    finished = call(checkout / "rag", path=tools)
    assert finished.returncode == 1
    assert f"{checkout}/.venv cannot be written" in finished.stderr


def test_a_moved_checkout_is_set_up_again(checkout: Path, tools: Path) -> None:
    """An environment holds its own path and works nowhere else."""
    finish_set_up(checkout)
    moved = checkout.rename(checkout.parent / "moved")
    finished = call(moved / "rag", path=tools)
    assert "Python 3.11 or newer is needed" in finished.stderr
    assert not (moved / ".venv" / "bin").exists()
