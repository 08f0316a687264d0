"""How does the tree of a reStructuredText file become blocks of text in reading order?"""

import re
from collections.abc import Callable, Iterator
from typing import Final, cast

from docutils import nodes

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import LINE_GAP, PARAGRAPH_GAP, TextComposer
from rag.adapters.parsers.rst_names import left_out

_SILENT: Final = (
    *(nodes.comment, nodes.target, nodes.substitution_definition, nodes.pending, nodes.raw, nodes.meta),
    *(nodes.decoration, nodes.generated, nodes.colspec),
)
_AS_WRITTEN: Final = (nodes.literal_block, nodes.doctest_block, nodes.math_block)
_WORDS_OF_A_DESCRIPTION: Final = 3
_LONGEST_SUBSTITUTION: Final = 1000
_DEEPEST_INDENT: Final = 20
_MOST_TIMES_LONGER: Final = 4
_LETTERS: Final = 26
_FROM_A_FILE: Final = re.compile(r"^ +:(?:file|url):", re.MULTILINE)


class LongText(Exception):  # noqa: N818  # no error that anybody sees: the text is read in another way
    """The text would become much longer than the file."""


def words_of(node: nodes.Node) -> str:
    """This will give the words of a node, without resolving anything."""
    return "".join(_pieces(node, {}, {}))


def _pieces(node: nodes.Node, labels: dict[str, str], substitutions: dict[str, str]) -> Iterator[str]:
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.footnote_reference | nodes.citation_reference):
        yield f"[{node.astext()}]"
    elif isinstance(node, nodes.substitution_reference):
        yield substitutions.get(str(node.get("refname", "")).lower(), node.astext())
    elif isinstance(node, nodes.image):
        described = one_line(str(node.get("alt", "")))
        yield described if len(described.split()) >= _WORDS_OF_A_DESCRIPTION else ""
    elif isinstance(node, nodes.Element) and node.get("label") in labels:
        yield labels[node["label"]]
    elif isinstance(node, nodes.Element) and not isinstance(node, (*_SILENT, nodes.system_message)):
        for child in node.children:
            yield from _pieces(child, labels, substitutions)


class BlockWriter:
    """Writes a tree into a composer, remembering the lists that it is inside of."""

    def __init__(self, composer: TextComposer, document: nodes.document, *, characters: int) -> None:
        self._composer = composer
        self._left = _MOST_TIMES_LONGER * characters + _LONGEST_SUBSTITUTION
        self._labels = _labels_of(document)
        self._substitutions = _substitutions_of(document)
        self._notes: dict[str, None] = {}
        self._level = 0
        self._depth = 0
        self._mark = ""
        self._without: nodes.Node | None = None
        self._writers: dict[type[nodes.Node], Callable[[nodes.Element], None]] = {
            nodes.section: self._write_section,
            nodes.title: self._write_title,
            nodes.table: self._write_table,
            nodes.line_block: self._write_lines,
            nodes.bullet_list: self._write_items,
            nodes.enumerated_list: self._write_items,
            nodes.definition_list_item: self._write_definition,
            nodes.field: self._write_field,
            nodes.option_list_item: self._write_option,
            nodes.footnote: self._write_footnote,
            nodes.citation: self._write_footnote,
            nodes.system_message: self._write_unread,
            nodes.image: self._write_image,
            left_out: self._note,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the file is not in the text."""
        return tuple(self._notes)

    def write(self, document: nodes.document, *, without: nodes.Node | None = None) -> None:
        """This will write every block in order, but for one.

        Raises:
            LongText: what stands for names makes the text much longer than the file.
        """
        self._without = without
        self._write_children(document)

    def _write_children(self, node: nodes.Element) -> None:
        for child in node.children:
            self._write(child)

    def _write(self, node: nodes.Node) -> None:
        if node is self._without or isinstance(node, _SILENT) or not isinstance(node, nodes.Element):
            return
        writer = self._writers.get(type(node))
        if writer is not None:
            writer(node)
        elif isinstance(node, _AS_WRITTEN):
            self._add(self._words(node), unbroken=True)
        elif isinstance(node, nodes.TextElement):
            self._add(" ".join(self._words(node).split("\n")))
        else:
            if isinstance(node, nodes.Admonition) and not isinstance(node, nodes.admonition):
                self._mark += f"{node.tagname.capitalize()}: "
            self._write_children(node)

    def _words(self, node: nodes.Node) -> str:
        words = "".join(_pieces(node, self._labels, self._substitutions))
        self._left -= len(words)
        if self._left < 0:
            raise LongText
        return words

    def _add(self, text: str, *, unbroken: bool = False, gap: str | None = None) -> None:
        if not text.strip():
            return
        indent = "  " * min(max(self._depth - 1, 0), _DEEPEST_INDENT)
        gap = gap or (LINE_GAP if self._depth else PARAGRAPH_GAP)
        if unbroken:
            # The mark stands on a line of its own: on the code's, it would be part of it.
            self._composer.add(f"{indent}{self._mark}", gap=gap)
            self._composer.add(text, gap=LINE_GAP if self._mark else gap, unbroken=True)
        else:
            self._composer.add(f"{indent}{self._mark}{text}", gap=gap)
        self._mark = ""

    def _write_section(self, node: nodes.Element) -> None:
        self._level += 1
        self._write_children(node)
        self._level -= 1

    def _write_title(self, node: nodes.Element) -> None:
        if isinstance(node.parent, nodes.section):
            self._composer.add_heading(self._words(node), level=self._level)
        else:
            self._add(one_line(self._words(node)))

    def _write_table(self, node: nodes.Element) -> None:
        for title in node.findall(nodes.title):
            self._add(one_line(self._words(title)))
        rows = [[self._cell(entry) for entry in row.children] for row in node.findall(nodes.row)]
        self._add("\n".join(" | ".join(row) for row in rows if any(row)), unbroken=True)

    def _cell(self, entry: nodes.Node) -> str:
        blocks = (block for block in entry.findall(nodes.TextElement))
        outermost = (block for block in blocks if not isinstance(block.parent, nodes.TextElement))
        return one_line(" ".join(self._words(block) for block in outermost))

    def _write_lines(self, node: nodes.Element) -> None:
        lines = [self._words(line) for line in node.findall(nodes.line)]
        self._add("\n".join(line.replace("\n", " ") for line in lines))

    def _write_items(self, node: nodes.Element) -> None:
        self._depth += 1
        first: int = node.get("start", 1)
        for place, item in enumerate(node.children):
            self._mark = _mark_of(node, first + place)
            self._write_children(cast("nodes.Element", item))
        self._depth -= 1
        self._mark = ""

    def _write_definition(self, node: nodes.Element) -> None:
        term = [child for child in node.children if not isinstance(child, nodes.definition)]
        self._add(" : ".join(one_line(self._words(one)) for one in term))
        self._under(node.children[len(term) :])

    def _under(self, children: list[nodes.Node]) -> None:
        self._depth += 1
        for child in children:
            self._write(child)
        self._depth -= 1

    def _write_field(self, node: nodes.Element) -> None:
        self._mark += f"{one_line(self._words(node[0]))}: "
        self._write(node[1])

    def _write_option(self, node: nodes.Element) -> None:
        self._mark += f"{', '.join(one_line(self._words(one)) for one in node[0].children)}  "
        self._write(node[1])

    def _write_footnote(self, node: nodes.Element) -> None:
        label = node.children[0]
        self._mark += f"[{label.astext()}] " if isinstance(label, nodes.label) else ""
        for child in node.children:
            if not isinstance(child, nodes.label):
                self._write(child)

    def _write_unread(self, node: nodes.Element) -> None:
        """Write what the library could make no sense of as it stands in the file."""
        for block in node.findall(nodes.literal_block):
            words = self._words(block)
            if _FROM_A_FILE.search(words):
                self._notes["A table that would be brought from another file was not read."] = None
            else:
                self._add(words)

    def _write_image(self, node: nodes.Element) -> None:
        self._add(self._words(node))

    def _note(self, node: nodes.Element) -> None:
        self._notes[str(node["note"])] = None


def _mark_of(items: nodes.Element, number: int) -> str:
    if isinstance(items, nodes.bullet_list):
        return "- "
    kind = str(items.get("enumtype", "arabic"))
    counted = str(number)
    if kind.endswith("alpha") and 1 <= number <= _LETTERS:
        counted = chr(ord("a" if kind.startswith("lower") else "A") + number - 1)
    return f"{items.get('prefix', '')}{counted}{items.get('suffix', '.')} "


def _labels_of(document: nodes.document) -> dict[str, str]:
    """Give the titles of the sections that have a label in front of them."""
    labels: dict[str, str] = {}
    waiting: list[str] = []
    for node in document.findall(nodes.Element):
        if isinstance(node, nodes.target) and "refuri" not in node:
            waiting.extend(node.get("names", []))
        elif isinstance(node, nodes.title):
            labels.update(dict.fromkeys(waiting, one_line(words_of(node))))
            waiting.clear()
        elif not isinstance(node, nodes.section | nodes.comment):
            waiting.clear()
    return labels


def _substitutions_of(document: nodes.document) -> dict[str, str]:
    """Give what stands for a name; names in it stay as they are, so that nothing can be piled up."""
    found = document.findall(nodes.substitution_definition)
    return {
        str(name).lower(): "".join(map(words_of, node.children))[:_LONGEST_SUBSTITUTION]
        for node in found
        for name in node["names"]
    }
