"""How does a tree of elements become blocks of text in reading order?"""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

from selectolax.lexbor import LexborNode

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import LINE_GAP, PARAGRAPH_GAP, TextComposer
from rag.adapters.parsers.html_tree import above, outermost

# Stands for <br> in text nodes: a non-character, so no page can hold it to a purpose, and cleaning drops it.
LINE_BREAK: Final = "\ufdd0"
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARAGRAPHS: Final = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "form", "blockquote"}
    | {"figure", "figcaption", "center", "address", "details", "fieldset", "hr", "dt", "dl", "table", "body"}
)
_LINES: Final = frozenset(
    {"li", "dd", "ul", "ol", "tr", "td", "th", "summary", "legend", "caption", "thead", "tbody", "tfoot"}
)
_BLOCK_SELECTOR: Final = "p, div, li, blockquote, dt, dd"
_NOT_IN_A_DATA_TABLE: Final = "table, pre, h1, h2, h3, h4, h5, h6, ul, ol, dl, blockquote"
_SPACE: Final = re.compile(r"[ \t\n\r\f]+")
_AROUND_BREAK: Final = re.compile(f" *{LINE_BREAK} *")
_WORDS_OF_A_DESCRIPTION: Final = 3
_DEEPEST_INDENT: Final = 20  # a page of nested lists alone would else become many times as long


def write_blocks(root: LexborNode, composer: TextComposer) -> None:
    """This will append the text under `root` to `composer`, in blocks."""
    for node in root.css("br"):
        node.replace_with(LINE_BREAK)
    _BlockWriter(composer, holding_blocks=above(root.css(_NOT_IN_A_DATA_TABLE))).write(root)


class _BlockWriter:
    """Goes through a tree without recursion, since a page may nest deeper than Python's stack."""

    def __init__(self, composer: TextComposer, *, holding_blocks: AbstractSet[int]) -> None:
        self._composer = composer
        self._holding_blocks = holding_blocks
        self._pieces: list[str] = []
        self._gap = PARAGRAPH_GAP
        self._lists: list[int | None] = []
        self._mark = ""
        self._whole: dict[str, Callable[[LexborNode], bool]] = {
            **dict.fromkeys(_HEADINGS, self._write_heading),
            "pre": self._write_code,
            "table": self._write_table,
            "svg": self._write_labels,
            "img": self._write_description,
        }

    def write(self, root: LexborNode) -> None:
        """Write everything under `root`."""
        # Nodes are compared by their place in memory: == would compare their whole content.
        node: LexborNode | None = root.first_child
        while node is not None:
            child = node.first_child if self._enter(node) else None
            if child is not None:
                node = child
                continue
            node = self._next_after(node, root)
        self._flush()

    def _next_after(self, node: LexborNode, root: LexborNode) -> LexborNode | None:
        current: LexborNode | None = node
        while current is not None and current.mem_id != root.mem_id:
            self._leave(current)
            if current.next is not None:
                return current.next
            current = current.parent
        return None

    def _enter(self, node: LexborNode) -> bool:
        """Take in what `node` says by itself; return whether its children are still to be read."""
        tag = node.tag or ""
        if tag == "-text":
            self._pieces.append(_SPACE.sub(" ", node.text()))
            return False
        whole = self._whole.get(tag)
        if whole is not None and whole(node):
            return False
        if tag in _PARAGRAPHS or tag in _LINES:
            self._flush()
            self._begin(tag, node)
        return True

    def _begin(self, tag: str, node: LexborNode) -> None:
        self._gap = LINE_GAP if tag in _LINES or self._lists else PARAGRAPH_GAP
        if tag == "ul":
            self._lists.append(None)
        elif tag == "ol":
            start = node.attributes.get("start") or "1"
            self._lists.append(int(start) if start.isascii() and start.isdigit() else 1)
        elif tag == "li":
            number = self._lists[-1] if self._lists else None
            self._mark = "- " if number is None else f"{number}. "
            if number is not None:
                self._lists[-1] = number + 1

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag not in _PARAGRAPHS and tag not in _LINES:
            return
        self._flush()
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag in {"li", "ul", "ol"}:
            self._mark = ""
        self._gap = LINE_GAP if self._lists else PARAGRAPH_GAP

    def _flush(self) -> None:
        """Write what was collected since the last end of a block."""
        text = _SPACE.sub(" ", "".join(self._pieces))
        self._pieces.clear()
        text = _AROUND_BREAK.sub("\n", text).strip()
        if not text:
            return
        indent = "  " * min(max(len(self._lists) - 1, 0), _DEEPEST_INDENT)
        self._composer.add(f"{indent}{self._mark}{text}", gap=self._gap)
        self._mark = ""

    def _write_heading(self, node: LexborNode) -> bool:
        self._flush()
        self._composer.add_heading(_line_of(node), level=int((node.tag or "h1")[1]))
        return True

    def _write_code(self, node: LexborNode) -> bool:
        self._flush()
        gap = LINE_GAP if self._lists else PARAGRAPH_GAP
        self._composer.add(node.text().replace(LINE_BREAK, "\n"), gap=gap, unbroken=True)
        return True

    def _write_table(self, node: LexborNode) -> bool:
        """Write a table of data row by row; one that arranges the page is read like the rest of it."""
        if node.mem_id in self._holding_blocks:
            return False
        self._flush()
        caption = node.css_first("caption")
        if caption is not None:
            self._composer.add(_line_of(caption))
        rows = [[_line_of(cell) for cell in row.css("th, td")] for row in node.css("tr")]
        lines = [" | ".join(cells).strip() for cells in rows if any(cells)]
        self._composer.add("\n".join(lines), gap=PARAGRAPH_GAP, unbroken=True)
        return True

    def _write_labels(self, node: LexborNode) -> bool:
        """Write the words that stand in a drawing, on one line."""
        labels = [one_line(label.text()) for label in outermost(node.css("text"))]
        if labels:
            self._flush()
            self._composer.add(" ".join(labels))
        return True

    def _write_description(self, node: LexborNode) -> bool:
        described = one_line(node.attributes.get("alt") or "")
        if len(described.split()) >= _WORDS_OF_A_DESCRIPTION:
            self._pieces.append(f" {described} ")
        return True


def _line_of(node: LexborNode) -> str:
    separator = " " if node.css_first(_BLOCK_SELECTOR) is not None else ""
    return one_line(node.text(separator=separator).replace(LINE_BREAK, " "))
