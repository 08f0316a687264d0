"""Does a page nest its elements so deeply that reading it would take for ever?

The library that builds the tree looks through all open elements at nearly every tag, so its time grows with
the depth times the length. Browsers stop at 512 elements; no page that people wrote comes near.
"""

import re
from collections import Counter
from typing import Final

from rag.ports.parsing import UnreadableFileError

MAX_DEPTH: Final = 1000
_QUICK_AT_ANY_DEPTH: Final = 6000  # so many elements are read within a tenth of a second, nested or not
# These have no end tag, or are ended by the next of their kind, however often they are begun.
_NOT_COUNTED: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track"}
    | {"wbr", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "caption", "colgroup"}
    | {"option", "optgroup", "rp", "rt", "a", "nobr", "button", "form", "html", "head", "body"}
)
_OPENINGS: Final = re.compile(rf"<(?!(?:{'|'.join(sorted(_NOT_COUNTED))})[\s/>])[a-z]", re.IGNORECASE)
_TAGS: Final = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|textarea|title|xmp)\b.*?(?:</\1\b|\Z)"
    r"|<(/?)([a-z][^\s/>]*)",
    re.IGNORECASE | re.DOTALL,
)
_DRAWINGS: Final = frozenset({"svg", "math"})
_SCOPES: Final = frozenset({"table", "object", "template", "marquee", "applet"})


def refuse_deep_nesting(source: str) -> None:
    """This will look at the tags of a page without building its tree, in time proportional to its length.

    Raises:
        UnreadableFileError: the page is large, and more than `MAX_DEPTH` elements are open at once.
    """
    if len(_OPENINGS.findall(source)) <= _QUICK_AT_ANY_DEPTH:
        return
    open_elements = _OpenElements()
    for found in _TAGS.finditer(source):
        closing, name = found.group(2), (found.group(3) or "").lower()
        if not name or name in _NOT_COUNTED:
            continue
        if closing:
            open_elements.end(name)
        elif not (open_elements.in_drawing and _ends_itself(source, found.end())):
            open_elements.begin(name)
        if open_elements.depth > MAX_DEPTH:
            raise UnreadableFileError(f"The page nests more than {MAX_DEPTH} elements in each other.")


def _ends_itself(source: str, place: int) -> bool:
    end = source.find(">", place)
    return end > 0 and source[end - 1] == "/"


class _OpenElements:
    """The elements that are open; an end tag ends what is inside too, but reaches out of no table."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._scopes: list[Counter[str]] = [Counter()]
        self._drawings = 0

    @property
    def depth(self) -> int:
        """How many elements are open."""
        return len(self._names)

    @property
    def in_drawing(self) -> bool:
        """Whether a tag that ends with a slash ends its element, as in SVG and MathML."""
        return self._drawings > 0

    def begin(self, name: str) -> None:
        """Open an element."""
        self._names.append(name)
        self._drawings += name in _DRAWINGS
        if name in _SCOPES:
            self._scopes.append(Counter())
        self._scopes[-1][name] += 1

    def end(self, name: str) -> None:
        """Close the last element of this name, if there is one to close."""
        if name in _SCOPES:
            if not any(scope[name] for scope in self._scopes):
                return
        elif not self._scopes[-1][name]:
            return
        while self._pop() != name:
            continue

    def _pop(self) -> str:
        name = self._names.pop()
        self._drawings -= name in _DRAWINGS
        self._scopes[-1][name] -= 1
        if name in _SCOPES:
            self._scopes.pop()
        return name
