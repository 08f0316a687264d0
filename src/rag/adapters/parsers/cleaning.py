"""How does text from outside become text that we can store, show and search?"""

import re
import unicodedata
from typing import Final

_LINE_BREAKS: Final = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_WIDE_SPACES: Final = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Nobody sees these, but a search, a database or a language model would: other control characters,
# soft hyphens, zero-width and direction marks, lone surrogates, tag characters and non-characters.
# The joiners U+200C and U+200D stay, because Persian, Indic scripts and emoji are spelt with them.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_LETTER_OR_DIGIT: Final = re.compile(r"[^\W_]")
_SPACES: Final = re.compile(r"\s+")


def clean(text: str) -> str:
    r"""This will bring `text` into Unicode NFC with `\n` as the only line break and nothing unseen in it.

    >>> clean("na\u0069\u0308ve\r\nco\u00adop\x00")
    'naïve\ncoop'
    """
    text = _LINE_BREAKS.sub("\n", text)
    text = _UNSEEN.sub("", text)
    return unicodedata.normalize("NFC", _WIDE_SPACES.sub(" ", text))


def one_line(text: str) -> str:
    r"""This will fold all white space of `text` to single spaces.

    >>> one_line(" a \n b ")
    'a b'
    """
    return _SPACES.sub(" ", clean(text)).strip()


def has_words(text: str) -> bool:
    """This will say whether there is a letter or a digit in `text`.

    >>> has_words("-- ** --"), has_words("§ 3")
    (False, True)
    """
    return _LETTER_OR_DIGIT.search(text) is not None
