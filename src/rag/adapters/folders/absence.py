"""Which files that the library knows are really gone, and not just left out of a search?"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from rag.domain.names import is_hidden
from rag.ports.files import WITHIN, SourceFile

# How a byte of a file's name that is no UTF-8 is written in the library.
_ESCAPED: Final = re.compile(rb"\\x([0-9a-f]{2})")


def absent(paths: Sequence[str], found: Sequence[SourceFile], roots: Sequence[str]) -> frozenset[str]:
    """This will name those of the library's paths at which nothing is left; where that is not certain, not.

    A file in an archive is gone with the archive, or when the archive was looked into: `found` has others
    of it, or it lies where a walk through `roots` comes by.
    """
    opened = {archive for file in found for archive in _archives_around(file.file_path or "")}

    @cache  # an archive may have had thousands of files
    def may_hold_it(archive: str) -> bool:
        return not (_is_absent(archive) or archive in opened or _is_walked(archive, roots))

    return frozenset(
        path for path in paths if _is_absent(path) and not any(map(may_hold_it, _archives_around(path)))
    )


def _archives_around(path: str) -> Iterator[str]:
    """Name whatever may be an archive in which a path lies: a folder's name may end with the sign as well.

    >>> list(_archives_around("/a/b.zip!/c.zip!/d.md"))
    ['/a/b.zip', '/a/b.zip!/c.zip']
    """
    at = path.find(WITHIN)
    while at >= 0:
        yield path[:at]
        at = path.find(WITHIN, at + 1)


def _is_absent(path: str) -> bool:
    real = os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), os.fsencode(path)))
    return all(_has_no_file(each) for each in {path, real})


def _has_no_file(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - of text that may be no path at all
        # Where cases do not count, a file answers to names that it does not have.
        named = os.path.basename(path) in os.listdir(os.path.dirname(path))  # noqa: PTH119, PTH120, PTH208 - as above
    except FileNotFoundError:
        return not os.path.islink(path)  # noqa: PTH114 - what a link leads to may come back
    except NotADirectoryError:
        return True
    except (OSError, ValueError):  # rights are missing, or a disk is away
        return False
    return not (stat.S_ISREG(mode) and named)


def _is_walked(archive: str, roots: Sequence[str]) -> bool:
    """Tell an archive that holds no document now from one that the walk leaves out."""
    if archive in roots:
        return True
    folder = os.path.dirname(archive)  # noqa: PTH120 - places are text
    inside = [archive[len(root) :] for root in roots if root.endswith("/") and archive.startswith(root)]
    return os.path.realpath(folder) == folder and any(not is_hidden(name) for name in inside)
