"""Which bytes are these weights, without reading 90 MB at every start?"""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Final

from rag.ports.models import ModelLoadError

_NOTES: Final = "digests.json"


def weights_sha256(path: Path, *, cache_dir: Path) -> str:
    """This will give the sha256 of `path` in hex, from a note when size and time of change are as noted.

    Raises:
        ModelLoadError: the file cannot be read.
    """
    try:
        state = path.stat()
        key = f"{path.resolve()}:{state.st_size}:{state.st_mtime_ns}"
        notes = _read_notes(cache_dir / _NOTES)
        if key not in notes:
            notes[key] = file_sha256(path)
            _write_notes(cache_dir / _NOTES, notes)
        return notes[key]
    except OSError as error:
        raise ModelLoadError(f"The weights {path.name} cannot be read: {error.strerror}.") from error


def file_sha256(path: Path) -> str:
    """This will give the sha256 of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_notes(path: Path) -> dict[str, str]:
    try:
        notes = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}


def _write_notes(path: Path, notes: dict[str, str]) -> None:
    # A note saves time and nothing else: where it cannot be kept, the file is read again next time.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{_NOTES}-")
        with os.fdopen(handle, "w") as file:
            json.dump(notes, file)
        Path(draft).replace(path)
