"""Which text can PostgreSQL hold? Any, but for NUL characters and half surrogate pairs."""

import re
from typing import Final, overload

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    r"""This will put U+FFFD in the place of every character that cannot be stored, so that offsets stay.

    >>> storable("a\x00b") == "a\ufffdb"
    True
    """
    return None if text is None else _UNSTORABLE.sub("\ufffd", text)
