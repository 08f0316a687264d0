"""In which order do the paragraphs, lists and tables of a Word document follow each other?"""

from typing import Final

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import LINE_GAP, PARAGRAPH_GAP, TextComposer
from rag.adapters.parsers.docx_inline import InlineReader
from rag.adapters.parsers.docx_styles import Numbered, Numbering, Styles
from rag.adapters.parsers.docx_tables import is_one_column, rows_of
from rag.adapters.parsers.docx_xml import Element, W, children

_LONGEST_HEADING: Final = 300  # longer ones are paragraphs that somebody put into the outline
_LONGEST_CELL: Final = 800  # longer ones of several paragraphs arrange the page
_DEEPEST_INDENT: Final = 20


class BlockWriter:
    """Writes blocks into a composer, remembering whether it stands in a list."""

    def __init__(self, composer: TextComposer, *, styles: Styles, numbering: Numbering) -> None:
        self._composer = composer
        self._styles = styles
        self._numbering = numbering
        self._in_list = False
        self.inline = InlineReader()
        self.title: str | None = None

    def write(self, container: Element) -> None:
        """This will append everything in the body, a cell or a text box, in order."""
        for child in children(container):
            if child.tag == f"{W}p":
                self._write_paragraph(child)
            elif child.tag == f"{W}tbl":
                self._write_table(child)
            elif child.tag == f"{W}altChunk":
                self.inline.counts["embedded document"] += 1

    def words_of(self, container: Element) -> str:
        """This will give what a cell or a note says, on one line."""
        said: list[str] = []
        for child in children(container):
            if child.tag == f"{W}p":
                found = self.inline.read(child)
                numbered = self._styles.numbered(child)
                mark = self._numbering.label(numbered) if numbered is not None and found.text else ""
                said += [mark, found.text, *(self.words_of(box) for box in found.boxes)]
            elif child.tag == f"{W}tbl":
                said += [self.words_of(cell) for row in rows_of(child) for cell in row if cell is not None]
        return one_line(" ".join(said))

    def _write_paragraph(self, paragraph: Element) -> None:
        found = self.inline.read(paragraph)
        numbered = self._styles.numbered(paragraph)
        if found.text and not self._styles.is_contents(paragraph):
            mark = self._numbering.label(numbered) if numbered is not None else ""
            level = self._styles.heading_level(paragraph)
            if level is not None and len(found.text) <= _LONGEST_HEADING:
                self._write_heading(paragraph, f"{mark} {found.text}" if mark != "-" else found.text, level)
            elif numbered is not None:
                self._write_item(found.text, mark=mark, numbered=numbered)
            else:
                self._composer.add(found.text)
                self._in_list = False
        for box in found.boxes:
            self.write(box)

    def _write_heading(self, paragraph: Element, text: str, level: int) -> None:
        self._composer.add_heading(text, level=level)
        self._in_list = False
        if self.title is None and self._styles.is_title(paragraph):
            self.title = one_line(text)

    def _write_item(self, text: str, *, mark: str, numbered: Numbered) -> None:
        indent = "  " * min(numbered.level, _DEEPEST_INDENT)
        gap = LINE_GAP if self._in_list else PARAGRAPH_GAP
        self._composer.add(f"{indent}{mark} {text}" if mark else f"{indent}{text}", gap=gap)
        self._in_list = True

    def _write_table(self, table: Element) -> None:
        """Write rows as lines; a row that arranges the page is read like the rest of it."""
        self._in_list = False
        rows = list(rows_of(table))
        arranges = is_one_column(rows)
        lines: list[str] = []
        for row in rows:
            if arranges or any(_holds_table(cell) for cell in row if cell is not None):
                self._write_lines(lines)
                self._write_cells(row)
                continue
            cells = ["" if cell is None else self.words_of(cell) for cell in row]
            lines.append(" | ".join(cells).rstrip(" |"))
        self._write_lines(lines)

    def _write_lines(self, lines: list[str]) -> None:
        self._composer.add("\n".join(line for line in lines if line), unbroken=True)
        lines.clear()

    def _write_cells(self, row: list[Element | None]) -> None:
        for cell in row:
            if cell is not None:
                self.write(cell)
        self._in_list = False


def _holds_table(cell: Element) -> bool:
    if any(child.tag == f"{W}tbl" for child in children(cell)):
        return True
    lengths = [sum(len(str(text.text or "")) for text in one.iter(f"{W}t")) for one in cell.iter(f"{W}p")]
    return len(lengths) > 1 and sum(lengths) > _LONGEST_CELL
