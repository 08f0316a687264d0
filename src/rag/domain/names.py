"""Which harmless name does a file get that somebody else has named?"""

import re
import unicodedata
from typing import Final

_DRIVE: Final = re.compile(r"[A-Za-z]:")
# They turn the direction of writing, so that a name reads as another one.
_DECEIVING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
SIDECAR_ENDINGS: Final = (".meta.json", ".meta.yaml", ".meta.yml")


def harmless_name(given: str) -> str:
    r"""Name a document after its file: folders stay, steps upwards and drives go; nothing may be left.

    >>> harmless_name("../../guides\\backup.md"), harmless_name("C:/..")
    ('guides/backup.md', '')
    """
    printable = "".join(
        character
        for character in given
        if unicodedata.category(character) not in {"Cc", "Cs"} and character not in _DECEIVING
    )
    steps = unicodedata.normalize("NFC", printable).replace("\\", "/").split("/")
    stripped = [step.strip() for step in steps]
    return "/".join(step for step in stripped if step not in {"", ".", ".."} and not _DRIVE.fullmatch(step))


def is_hidden(name: str) -> bool:
    """Say whether a file, or a folder on the way to it, is hidden or an operating system's own.

    >>> is_hidden("a/.git/b.md"), is_hidden("__MACOSX/a.md"), is_hidden("a.md")
    (True, True, False)
    """
    return any(step.startswith(".") or step == "__MACOSX" for step in name.split("/"))


def described_by(name: str) -> str | None:
    """Name the file that a sidecar describes, or None where `name` is no sidecar's.

    >>> described_by("a/report.pdf.meta.yaml"), described_by("a/report.pdf"), described_by(".meta.json")
    ('a/report.pdf', None, None)
    """
    ending = next((ending for ending in SIDECAR_ENDINGS if name.lower().endswith(ending)), None)
    described = name[: -len(ending)] if ending else ""
    return described if described and not described.endswith("/") else None
