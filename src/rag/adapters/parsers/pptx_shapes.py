"""What does each shape of a slide say, and which is read first?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, cast

from pptx.chart.chart import Chart
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.oxml.xmlchemy import BaseOxmlElement
from pptx.shapes.autoshape import Shape
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.shapes.picture import Picture
from pptx.table import Table
from pptx.text.text import TextFrame

from rag.adapters.parsers.cleaning import one_line

# What the library lets through when a part is not as it expects.
FAULTS: Final = (
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    NotImplementedError,
    PythonPptxError,
)
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_BANDS: Final = 30  # shapes whose tops are this close, in parts of the slide's height, stand side by side
_MOST_POINTS: Final = 500
_DEEPEST_INDENT: Final = 8
_FOOT: Final = frozenset({PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.HEADER})
_LISTS: Final = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})


@dataclass(frozen=True, slots=True)
class Block:
    """Text that belongs together."""

    text: str
    unbroken: bool = False


def choose_alternates(root: BaseOxmlElement) -> None:
    """This will keep the first of the renderings that a slide offers for one thing, in place of all."""
    for alternate in list(root.iter(f"{_MC}AlternateContent")):
        options = [one for one in alternate if one.tag in {f"{_MC}Choice", f"{_MC}Fallback"}]
        if options:
            for child in list(options[0]):
                alternate.addprevious(child)
        alternate.getparent().remove(alternate)


class ShapeReader:
    """Reads shapes, counts what is no text, and passes over a foot that it has seen on another slide."""

    def __init__(self, counts: Counter[str], *, height: int) -> None:
        self._counts = counts
        self._band = max(height // _BANDS, 1)
        self._feet: set[str] = set()

    def place(self, shape: BaseShape) -> tuple[int, int]:
        """This will say where a shape stands: how far down, in bands, and how far to the right."""
        try:
            # The library promises numbers, but gives None for what stands nowhere.
            return int(shape.top or 0) // self._band, int(shape.left or 0)
        except FAULTS:
            # A placeholder inherits its place, and its layout may lack the one that it names.
            return 0, 0

    def read(self, shape: BaseShape) -> list[Block]:
        """This will give the blocks of one shape; one that is damaged is counted and passed over."""
        try:
            return list(self._blocks(shape))
        except FAULTS:
            self._counts["damaged shape"] += 1
            return []

    def _blocks(self, shape: BaseShape) -> Iterator[Block]:
        if isinstance(shape, GroupShape):
            yield from blocks_in_order(shape.shapes, self)
        elif isinstance(shape, Picture):
            self._counts["image"] += 1
        elif isinstance(shape, GraphicFrame):
            yield from self._graphic(shape)
        elif shape.has_text_frame:
            text = self._words(cast("Shape", shape))
            if text:
                yield Block(text)

    def _graphic(self, frame: GraphicFrame) -> Iterator[Block]:
        if frame.has_table:
            yield Block(_table_text(frame.table), unbroken=True)
        elif frame.has_chart:
            try:
                yield Block(_chart_text(frame.chart), unbroken=True)
            except FAULTS:
                self._counts["chart"] += 1
        else:
            diagram = "diagram" in str(frame.element.graphicData_uri)
            self._counts["diagram" if diagram else "embedded object"] += 1

    def _words(self, shape: Shape) -> str:
        kind = shape.placeholder_format.type if shape.is_placeholder else None
        if kind is PP_PLACEHOLDER.SLIDE_NUMBER:
            return ""
        text = _frame_text(shape.text_frame, listed=kind in _LISTS)
        if kind in _FOOT:
            if text in self._feet:
                return ""
            self._feet.add(text)
        return text


def blocks_in_order(
    shapes: Iterable[BaseShape], reader: ShapeReader, *, without: BaseShape | None = None
) -> list[Block]:
    """This will read shapes from top to bottom, and those side by side from left to right."""
    left = [shape for shape in shapes if without is None or shape.shape_id != without.shape_id]
    ordered = sorted(left, key=reader.place)
    return [block for shape in ordered for block in reader.read(shape) if block.text.strip()]


def _frame_text(frame: TextFrame, *, listed: bool) -> str:
    """Give the paragraphs of a frame as lines, with marks where they are a list."""
    filled = [paragraph for paragraph in frame.paragraphs if paragraph.text.strip()]
    lines: list[str] = []
    number = 0
    for paragraph in filled:
        properties = paragraph._p.pPr  # noqa: SLF001  # the library has no other way to a paragraph's mark
        tags = {str(child.tag) for child in properties} if properties is not None else set()
        number = number + 1 if f"{_A}buAutoNum" in tags else 0
        mark = f"{number}. " if number else ""
        if f"{_A}buChar" in tags or (listed and len(filled) > 1 and not number and f"{_A}buNone" not in tags):
            mark = "- "
        indent = "  " * min(paragraph.level, _DEEPEST_INDENT) if mark else ""
        lines.append(f"{indent}{mark}{paragraph.text.strip()}")
    return "\n".join(lines)


def _table_text(table: Table) -> str:
    rows = [["" if cell.is_spanned else one_line(cell.text) for cell in row.cells] for row in table.rows]
    return "\n".join(" | ".join(cells).rstrip(" |") for cells in rows if any(cells))


def _chart_text(chart: Chart) -> str:
    """Give a chart's title, and its figures as a table: a row a category, a column a series."""
    title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
    lines = [one_line(title)] if title.strip() else []
    for plot in chart.plots:
        series = list(plot.series)
        categories = [one_line(str(category)) for category in plot.categories]
        if len(categories) * len(series) > _MOST_POINTS:
            lines.append(" | ".join(one_line(one.name) for one in series))
            continue
        lines.append(" | ".join(["", *(one_line(one.name) for one in series)]))
        columns = [list(one.values) for one in series]
        for place, category in enumerate(categories):
            figures = ["" if place >= len(column) else _figure(column[place]) for column in columns]
            lines.append(" | ".join([category, *figures]))
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "" if value is None else format(value, ".15g")
