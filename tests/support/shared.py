"""Where are the public documents, questions and strings that some tests measure with?"""

import os
from pathlib import Path

import pytest

_BESIDE_THE_PROJECT = Path(__file__).parents[2].parent / "shared"


def shared_folder(name: str) -> Path:
    """Give a folder of the shared files, or skip the test where they are not there."""
    folder = Path(os.environ.get("TEST_SHARED_DIR") or _BESIDE_THE_PROJECT) / "data" / name
    if not folder.is_dir():
        pytest.skip(f"the shared {name} are not on this machine; name their folder in TEST_SHARED_DIR")
    return folder
