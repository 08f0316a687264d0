"""Is this text in a broken encoding?"""

import re
from typing import Final

GARBLED_SHARE: Final = 0.3
_NOT_SPACE: Final = re.compile(r"\S")
# Replacement characters, and the private areas that fonts without a table of characters leave behind.
_UNREADABLE: Final = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
# UTF-8 that was read as Western European, such as "Ã¤" for "ä" and "â€™" for an apostrophe.
_MISREAD: Final = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac[\u0090-\u2122]")
_MISREADINGS: Final = 3


def is_garbled(text: str) -> bool:
    r"""This will say whether so much is unreadable that nobody can find or read it.

    >>> is_garbled("\ufffd\ufffd\ufffd a"), is_garbled("one \ufffd in a sentence")
    (True, False)
    """
    unreadable = len(_UNREADABLE.findall(text))
    return unreadable > 0 and unreadable > GARBLED_SHARE * len(_NOT_SPACE.findall(text))


def is_damaged(text: str) -> bool:
    r"""This will say whether some of a text was decoded wrongly.

    >>> is_damaged("caf\ufffd"), is_damaged("Ã¤ Ã¶ Ã¼"), is_damaged("café, SÃO")
    (True, True, False)
    """
    return _UNREADABLE.search(text) is not None or len(_MISREAD.findall(text)) >= _MISREADINGS
