"""What does one paragraph of a Word document say?"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from rag.adapters.parsers.docx_xml import TEXT_BOX, WP, Element, M, W, is_on

_TEXTS: Final = frozenset({f"{W}t", f"{M}t"})
_MARKS: Final = {
    f"{W}tab": "\t",
    f"{W}ptab": "\t",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
}
_COUNTED: Final = {
    "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic": "image",
    "{urn:schemas-microsoft-com:vml}imagedata": "image",
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart": "chart",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds": "diagram",
    f"{W}object": "embedded object",
}
# Deleted or moved text, what describes a run, the reading aid above a word, and comments.
_LEFT_OUT: Final = frozenset(
    {f"{W}del", f"{W}moveFrom", f"{W}pPr", f"{W}rPr", f"{W}sdtPr", f"{W}rt", f"{W}annotationRef"}
)
_SPACES: Final = re.compile(" {2,}")
_NOTES: Final = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}


@dataclass(frozen=True, slots=True)
class NoteName:
    """What a footnote or endnote is called inside the file."""

    kind: str
    number: str


@dataclass(slots=True)
class Inline:
    """The text of a paragraph, and the text boxes that hang on it."""

    pieces: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    has_shapes: bool = False

    @property
    def text(self) -> str:
        """The text in one piece."""
        text = "".join(self.pieces).strip()
        return _SPACES.sub(" ", text) if self.has_shapes else text


class InlineReader:
    """Reads paragraphs, numbers the notes that they refer to, and counts what is no text."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.notes: dict[NoteName, int] = {}

    def read(self, paragraph: Element) -> Inline:
        """This will read one paragraph; what was deleted or hidden is left out."""
        inline = Inline()
        waiting = list(reversed(paragraph))
        while waiting:
            node = waiting.pop()
            if not self._take(node, inline):
                waiting.extend(reversed(node))
        return inline

    def _take(self, node: Element, inline: Inline) -> bool:
        """Take in what `node` says by itself; return whether there is nothing more to find in it."""
        tag = node.tag
        if tag in _LEFT_OUT or not isinstance(tag, str) or (tag == f"{W}r" and _is_hidden(node)):
            return True
        if tag in _COUNTED:
            self.counts[_COUNTED[tag]] += 1
            return True
        if tag in _TEXTS:
            inline.pieces.append(str(node.text or ""))
        elif tag in _MARKS:
            inline.pieces.append(_MARKS[tag])
        elif tag in _NOTES:
            self._refer(node, inline)
        elif tag == TEXT_BOX:
            inline.boxes.append(node)
        elif tag == f"{WP}inline":
            self._take_shape(node, inline)
        else:
            return False
        return True

    def _refer(self, node: Element, inline: Inline) -> None:
        name = NoteName(_NOTES[node.tag], str(node.get(f"{W}id")))
        number = self.notes.setdefault(name, len(self.notes) + 1)
        inline.pieces.append(f"[^{number}]")

    def _take_shape(self, node: Element, inline: Inline) -> None:
        """Read a shape that stands in the line like a letter: its words belong where it stands."""
        inline.has_shapes = True
        waiting = list(reversed(node))
        while waiting:
            inner = waiting.pop()
            if inner.tag == TEXT_BOX:
                for paragraph in inner.iter(f"{W}p"):
                    inline.pieces += [" ", self.read(paragraph).text, " "]
            elif inner.tag in _COUNTED:
                self.counts[_COUNTED[inner.tag]] += 1
            else:
                waiting.extend(reversed(inner))


def _is_hidden(run: Element) -> bool:
    return is_on(run.find(f"{W}rPr/{W}vanish"))
