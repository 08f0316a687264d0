"""How do we wait for something that tells nobody when it happens?"""

import time
from collections.abc import Callable
from typing import Final

_PAUSE_SECONDS: Final = 0.02


def wait_until(happened: Callable[[], bool], *, seconds: float) -> bool:
    """This will ask `happened` until it says yes or `seconds` are over, and say which it was."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True
