"""How does text become HTML, so that no word of a document is ever taken for a tag?"""

import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Final

VOID: Final = frozenset({"br", "input", "meta"})
REPLACEMENT: Final = "\ufffd"


class Html(str):
    """HTML that was put together here; every other string is text, and is escaped before it becomes HTML."""

    __slots__ = ()


def text(words: str) -> Html:
    r"""This will escape words, and replace what HTML cannot carry, such as control characters.

    >>> text("<script>a\x00b</script>")
    '&lt;script&gt;a�b&lt;/script&gt;'
    """
    clean = "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
        else REPLACEMENT
        for character in words
    )
    return Html(escape(clean, quote=True))


def element(name: str, /, *inside: str, **attributes: str | float | None) -> Html:
    """This will make an element; of its children, those that are no `Html` are escaped.

    An attribute's name is written with `_` for `-`, and with one more at its end where Python has the word
    already. An attribute that is None is left out.

    >>> element("p", "1 < 2 ", element("b", "yes"), class_="note", aria_label=None)
    '<p class="note">1 &lt; 2 <b>yes</b></p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(inside)}</{name}>")


def joined(parts: Iterable[str], *, between: str = "") -> Html:
    """This will put parts one after the other; those that are no `Html` are escaped.

    >>> joined(["a<b", Html("<br>")])
    'a&lt;b<br>'
    """
    return Html(text(between).join(part if isinstance(part, Html) else text(part) for part in parts))


def _attribute(value: str | float) -> str:
    return text(value) if isinstance(value, str) else f"{value:g}"
