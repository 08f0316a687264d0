"""What is needed to measure: test sets and runs on disk, and a library that is thrown away afterwards?"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from rag.adapters.embedded.locks import is_owned
from rag.adapters.embedded.places import Places
from rag.adapters.test_sets import FileRuns, FileTestSets, corpus_files, verify_writable, write_atomically
from rag.bootstrap.application import Application, open_application
from rag.ports.baselines import Runs
from rag.ports.files import SourceFile
from rag.ports.test_sets import TestSets
from rag.settings import Settings

STOPPING_SECONDS: Final = 20.0


def test_sets_on_disk() -> TestSets:
    """This will give what reads and writes test sets."""
    return FileTestSets()


def runs_on_disk() -> Runs:
    """This will give what keeps runs and baselines."""
    return FileRuns()


def write_file(path: Path, text: str) -> None:
    """This will replace a file in one step: whatever happens, the old or the new one stands.

    Raises:
        UnwritableFileError: the disk does not take it.
    """
    write_atomically(path, text)


def verify_file(path: Path) -> None:
    """This will try whether a file can be written, before any work is done for it.

    Raises:
        UnwritableFileError: it cannot.
    """
    verify_writable(path)


def corpus_on_disk(folder: Path) -> Sequence[SourceFile] | None:
    """This will give the documents of a folder in BEIR's layout, or None where it is a folder of files.

    Raises:
        NoSuchPathError: its corpus cannot be opened.
        InvalidTestSetError: a line of it is malformed.
    """
    return corpus_files(folder)


@asynccontextmanager
async def open_throwaway(settings: Settings) -> AsyncIterator[Application]:
    """This will open an empty library with embedded servers in a temporary folder, and delete it afterwards.

    Everything but the servers and the place is as in `settings`; the user's own library is not opened. Built
    models are shared with it, so that none is built again.

    Raises:
        ModelLoadError: the embedding model cannot be loaded.
        UnavailableError: a server cannot be started.
    """
    folder = _fresh_folder()
    try:
        models = settings.data_dir.absolute() / "models"
        if models.is_dir():
            (folder / "models").symlink_to(models)
        of_its_own = {"data_dir": folder, "database_url": None, "qdrant_url": None, "qdrant_api_key": None}
        async with open_application(settings.model_copy(update=of_its_own)) as opened:
            yield opened
    finally:
        await asyncio.shield(asyncio.to_thread(_throw_away, folder))


def _fresh_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rag-evaluation-"))
    folder.chmod(0o711)  # PostgreSQL must reach its files below when root starts it under another account
    return folder


def _throw_away(folder: Path) -> None:
    """Delete the folder once its servers have ended: they stay a moment longer than we hold them."""
    lock = Places.of(folder).supervisor_lock
    deadline = time.monotonic() + STOPPING_SECONDS
    while is_owned(lock) and time.monotonic() < deadline:
        time.sleep(0.05)
    cluster = folder / "postgres"
    if cluster.is_symlink():  # it had to live where the server's own account can reach it
        shutil.rmtree(cluster.resolve().parent, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
