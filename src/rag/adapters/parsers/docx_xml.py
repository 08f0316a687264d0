"""Which elements of WordprocessingML do we know, and how are they told apart?"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from docx.oxml.xmlchemy import BaseOxmlElement

Element: TypeAlias = BaseOxmlElement

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
WP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
TEXT_BOX: Final = f"{W}txbxContent"
# What was deleted or moved elsewhere, and what describes an element instead of belonging to its content.
_GONE: Final = frozenset({f"{W}del", f"{W}moveFrom", f"{W}sdtPr", f"{W}pPr", f"{W}tcPr", f"{W}trPr"})
_WRAPPERS: Final = frozenset(
    {f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag"}
)
_SANE_NUMBER: Final = re.compile(r"^[0-9]{1,9}$")
_OFF: Final = frozenset({"0", "false", "off", "none"})


def choose_alternates(root: Element) -> None:
    """This will keep the first of the renderings that a document offers for one thing, in place of all."""
    for alternate in list(root.iter(f"{MC}AlternateContent")):
        parent = alternate.getparent()
        options = [one for one in alternate if one.tag in {f"{MC}Choice", f"{MC}Fallback"}]
        if parent is None:
            continue
        if options:
            for child in list(options[0]):
                alternate.addprevious(child)
        parent.remove(alternate)


def children(element: Element) -> Iterator[Element]:
    """This will give what an element holds, as if there were no content controls and no insertions."""
    for child in element:
        if child.tag in _GONE or _is_left_out(child):
            continue
        if child.tag in _WRAPPERS:
            yield from children(child)
        elif isinstance(child.tag, str):
            yield child


def _is_left_out(child: Element) -> bool:
    """Say whether `child` is a control that holds the table of contents, or what to type into it."""
    stated = child.find(f"{W}sdtPr") if child.tag == f"{W}sdt" else None
    if stated is None:
        return False
    gallery = stated.find(f"{W}docPartObj/{W}docPartGallery")
    contents = gallery is not None and value_of(gallery) == "Table of Contents"
    return contents or is_on(stated.find(f"{W}showingPlcHdr"))


def value_of(element: Element | None) -> str | None:
    """This will give the value that stands in the attribute of that name."""
    found = None if element is None else element.get(f"{W}val")
    return None if found is None else str(found)


def number_of(element: Element | None) -> int | None:
    """This will give the value of an element as a number, if it is a sane one."""
    value = value_of(element) or ""
    return int(value) if _SANE_NUMBER.match(value) else None


def is_on(element: Element | None) -> bool:
    """This will say whether a switch such as `w:vanish` is there and on."""
    return element is not None and (value_of(element) or "1").lower() not in _OFF
