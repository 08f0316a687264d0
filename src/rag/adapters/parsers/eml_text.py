"""How does the plain text of an e-mail read once its lines are put together again?"""

import re
from email.message import Message
from typing import Final

from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.plain_text import unwrap

_ENCRYPTED: Final = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|\Z)", re.DOTALL)
_SIGNED: Final = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:Hash: .*\r?\n)*")
_SIGNATURE: Final = re.compile(
    r"-----BEGIN PGP SIGNATURE-----.*?(?:-----END PGP SIGNATURE-----|\Z)", re.DOTALL
)
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_SIGNATURE_MARK: Final = "-- "


def without_encrypted(text: str) -> tuple[str, bool]:
    """This will take out what only the holder of a key can read, and say whether there was any."""
    kept, secrets = _ENCRYPTED.subn("", text)
    return _SIGNATURE.sub("", _SIGNED.sub("", kept)), secrets > 0


def plain_words(text: str, part: Message) -> str:
    """This will put lines together that were broken on the way; quoted ones keep their mark."""
    text = clean(text)
    if str(part.get_param("format", "")).lower() == "flowed":
        text = unflow(text, delete_space=str(part.get_param("delsp", "")).lower() == "yes")
    else:
        text = unwrap(text)
    return _BLANK_LINES.sub("\n\n", text)


def unflow(text: str, *, delete_space: bool = False) -> str:
    r"""This will join lines that end with a space to the next of the same depth (RFC 3676, format=flowed).

    >>> unflow("One \nline.\n>> a \n>> b\n-- \nMe")
    'One line.\n>> a b\n-- \nMe'
    """
    joined: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        flows = words.endswith(" ") and words != _SIGNATURE_MARK
        ended = words[:-1] if flows and delete_space else words
        if open_depth == depth and words != _SIGNATURE_MARK:
            joined[-1] += ended
        else:
            joined.append(f"{'>' * depth}{' ' if depth else ''}{ended}")
        open_depth = depth if flows else None
    return "\n".join(joined)
