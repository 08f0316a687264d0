"""Which paragraphs of a Word document are headings, and what number or mark stands before each?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rag.adapters.parsers.docx_xml import Element, W, number_of, value_of

_HEADING_NAME: Final = re.compile(r"^heading ([1-9])$", re.IGNORECASE)
_HEADING_ID: Final = re.compile(r"^Heading([1-9])$")
_CONTENTS_NAME: Final = re.compile(r"^(?:toc [1-9]|table of figures)$", re.IGNORECASE)
_OUTLINE_LEVELS: Final = 9
_ROMAN_SIGNS: Final = ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i")
_ROMAN_VALUES: Final = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_LARGEST_ROMAN: Final = 4000


@dataclass(frozen=True, slots=True)
class Numbered:
    """The list that a paragraph belongs to, and how deep in it."""

    list_id: str
    level: int


class Styles:
    """The styles of a document; what a style does not say, the one that it is based on does."""

    def __init__(self, root: Element | None) -> None:
        styles = root.iter(f"{W}style") if root is not None else ()
        self._styles = {str(style.get(f"{W}styleId")): style for style in styles}

    def heading_level(self, paragraph: Element) -> int | None:
        """This will give a heading's level from 1 on; None is any other paragraph."""
        own = number_of(paragraph.find(f"{W}pPr/{W}outlineLvl"))
        if own is not None:
            return own + 1 if own < _OUTLINE_LEVELS else None
        for style in self._chain(paragraph):
            name = self._name(style)
            found = _HEADING_NAME.match(name)
            outline = number_of(style.find(f"{W}pPr/{W}outlineLvl"))
            if found is not None:
                return int(found.group(1))
            if outline is not None:
                return outline + 1 if outline < _OUTLINE_LEVELS else None
            if name.lower() == "title":
                return 1
        # Where the styles are lost, the names by which paragraphs call them are left.
        called = _HEADING_ID.match(value_of(paragraph.find(f"{W}pPr/{W}pStyle")) or "")
        return int(called.group(1)) if called is not None and not self._styles else None

    def is_title(self, paragraph: Element) -> bool:
        """This will say whether it is the title of the whole document."""
        return any(self._name(style).lower() == "title" for style in self._chain(paragraph))

    def is_contents(self, paragraph: Element) -> bool:
        """This will say whether it is a line of a table of contents, which only repeats a heading."""
        return any(_CONTENTS_NAME.match(self._name(style)) for style in self._chain(paragraph))

    def numbered(self, paragraph: Element) -> Numbered | None:
        """This will say to which list a paragraph belongs, by itself or by its style."""
        stated = [paragraph.find(f"{W}pPr/{W}numPr")]
        stated += [style.find(f"{W}pPr/{W}numPr") for style in self._chain(paragraph)]
        level: int | None = None
        for properties in stated:
            if properties is None:
                continue
            level = number_of(properties.find(f"{W}ilvl")) if level is None else level
            list_id = value_of(properties.find(f"{W}numId"))
            if list_id is not None:
                return None if list_id == "0" else Numbered(list_id, level or 0)
        return None

    def _chain(self, paragraph: Element) -> Iterator[Element]:
        style_id = value_of(paragraph.find(f"{W}pPr/{W}pStyle"))
        seen: set[str] = set()
        while style_id is not None and style_id not in seen and style_id in self._styles:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style
            style_id = value_of(style.find(f"{W}basedOn"))

    @staticmethod
    def _name(style: Element) -> str:
        return value_of(style.find(f"{W}name")) or ""


class Numbering:
    """Counts the items of every list, as Word does: a deeper level begins anew behind a higher one."""

    def __init__(self, root: Element | None) -> None:
        self._abstracts: dict[str, Element] = {}
        self._lists: dict[str, Element] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()
        if root is None:
            return
        for abstract in root.iter(f"{W}abstractNum"):
            self._abstracts[str(abstract.get(f"{W}abstractNumId"))] = abstract
        for numbered in root.iter(f"{W}num"):
            self._lists[str(numbered.get(f"{W}numId"))] = numbered

    def label(self, numbered: Numbered) -> str:
        """This will count a paragraph and give what stands before it, such as `-`, `2.` or `3.1`."""
        stated = self._lists.get(numbered.list_id)
        abstract_id = value_of(stated.find(f"{W}abstractNumId")) if stated is not None else None
        if stated is None or abstract_id is None:
            return "-"
        counts = self._counts.setdefault(abstract_id, {})
        self._begin(numbered.list_id, stated, counts)
        level = numbered.level
        counts[level] = counts.get(level, self._start(abstract_id, level) - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        return self._written(abstract_id, level, counts)

    def _begin(self, list_id: str, stated: Element, counts: dict[int, int]) -> None:
        """Let a list that says so begin at its own number when it is met for the first time."""
        if list_id in self._begun:
            return
        self._begun.add(list_id)
        for override in stated.iter(f"{W}lvlOverride"):
            start = number_of(override.find(f"{W}startOverride"))
            level = override.get(f"{W}ilvl")
            if start is not None and level is not None and str(level).isdigit():
                counts[int(level)] = start - 1

    def _level(self, abstract_id: str, level: int) -> Element | None:
        abstract = self._abstracts.get(abstract_id)
        if abstract is None:
            return None
        stated = (one for one in abstract.iter(f"{W}lvl") if one.get(f"{W}ilvl") == str(level))
        return next(stated, None)

    def _start(self, abstract_id: str, level: int) -> int:
        described = self._level(abstract_id, level)
        start = number_of(described.find(f"{W}start")) if described is not None else None
        return 1 if start is None else start

    def _written(self, abstract_id: str, level: int, counts: dict[int, int]) -> str:
        described = self._level(abstract_id, level)
        kind = self._kind(abstract_id, level)
        if described is None or kind == "bullet":
            return "-"
        if kind == "none":
            return ""

        def place(found: re.Match[str]) -> str:
            above = int(found.group(1)) - 1
            count = counts.get(above, self._start(abstract_id, above))
            return _counted(count, self._kind(abstract_id, above))

        return re.sub(r"%([1-9])", place, value_of(described.find(f"{W}lvlText")) or "%1.").strip()

    def _kind(self, abstract_id: str, level: int) -> str:
        described = self._level(abstract_id, level)
        return (value_of(described.find(f"{W}numFmt")) if described is not None else None) or "decimal"


def _counted(count: int, kind: str) -> str:
    """Write a number as the list wants it; scripts that we do not know are written in figures.

    >>> _counted(4, "lowerRoman"), _counted(28, "upperLetter"), _counted(7, "decimal")
    ('iv', 'BB', '7')
    """
    lower = kind.lower()
    written = str(count)
    if lower.endswith("roman") and 0 < count < _LARGEST_ROMAN:
        written = ""
        for value, sign in zip(_ROMAN_VALUES, _ROMAN_SIGNS, strict=True):
            times, count = divmod(count, value)
            written += sign * times
    elif lower.endswith("letter") and 0 < count < _LARGEST_ROMAN:
        written = _LETTERS[(count - 1) % len(_LETTERS)] * ((count - 1) // len(_LETTERS) + 1)
    return written.upper() if kind.startswith("upper") else written
