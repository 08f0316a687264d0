"""Are slides read as pages, in the order in which people read them?"""

from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.presentation import Presentation as Slides
from pptx.slide import Slide
from pptx.util import Inches

from rag.adapters.parsers import pptx
from rag.ports.parsing import ScanWithoutTextError, UnreadableFileError
from tests.support.written_office import unzipped, zipped

TITLE_ONLY, BLANK = 5, 6
# A picture in PNG of one black point.
DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def presentation(*write: Callable[[Slide], None], layout: int = TITLE_ONLY) -> bytes:
    """Make a presentation with a slide for each function that fills one."""
    slides: Slides = Presentation()
    for fill in write:
        fill(slides.slides.add_slide(slides.slide_layouts[layout]))
    target = BytesIO()
    slides.save(target)
    return target.getvalue()


def add_words(slide: Slide, text: str, *, left: float, top: float) -> None:
    """Put a text box where the inches say."""
    box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1))
    box.text_frame.text = text


def titled(title: str) -> Callable[[Slide], None]:
    """Fill a slide with a title alone."""

    def fill(slide: Slide) -> None:
        assert slide.shapes.title is not None
        slide.shapes.title.text_frame.text = title

    return fill


def columns(slide: Slide) -> None:
    """Fill a slide with boxes in an order that is not that of reading, and with notes."""
    titled("Two columns")(slide)
    add_words(slide, "bottom", left=1, top=6)
    add_words(slide, "right", left=5, top=2.02)
    add_words(slide, "left", left=1, top=2.05)
    grouped = slide.shapes.add_group_shape()
    inner = grouped.shapes.add_textbox(Inches(1), Inches(4), Inches(2), Inches(1))
    inner.text_frame.text = "grouped"
    frame = slide.notes_slide.notes_text_frame
    assert frame is not None
    frame.text = "Say this slowly."


def test_slides_are_pages_read_from_top_to_bottom() -> None:
    """Boxes and groups come by their place, and the speaker's notes at the end of their slide."""
    parsed = pptx.read(presentation(titled("First"), columns, titled("Last")))
    assert [parsed.text[page.start : page.end] for page in parsed.pages] == [
        "First",
        "Two columns\n\nleft\n\nright\n\ngrouped\n\nbottom\n\nNotes:\nSay this slowly.",
        "Last",
    ]
    assert [page.number for page in parsed.pages] == [1, 2, 3]
    assert [heading.title for heading in parsed.headings] == ["First", "Two columns", "Last"]
    assert parsed.title == "First"


def test_tables_and_charts_are_lines() -> None:
    """A table is unbroken, what is merged in it stands once, and a chart gives its title and its figures."""

    def fill(slide: Slide) -> None:
        table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
        for row, column, text in ((0, 0, "a"), (1, 0, "c"), (1, 1, "d")):
            table.cell(row, column).text = text
        table.cell(0, 0).merge(table.cell(0, 1))
        figures = cast("Any", CategoryChartData)()
        figures.categories = ["2023", "2024"]
        figures.add_series("Costs", (1.5, 2))
        kind = XL_CHART_TYPE.COLUMN_CLUSTERED
        added = cast("Any", slide.shapes).add_chart(kind, Inches(1), Inches(4), Inches(4), Inches(2), figures)
        chart = added.chart
        chart.chart_title.text_frame.text = "Spent"

    parsed = pptx.read(presentation(fill, layout=BLANK))
    table, chart = (parsed.text[start:end] for start, end in parsed.unbroken)
    assert table == "a\nc | d"
    assert chart == "Spent\n | Costs\n2023 | 1.5\n2024 | 2"
    assert [heading.title for heading in parsed.headings] == ["Slide 1"]


def test_pictures_are_noted_and_a_scan_is_refused() -> None:
    """Images beside text are counted in a note, and slides of images alone are a scan."""

    def fill(slide: Slide) -> None:
        slide.shapes.add_picture(BytesIO(DOT), Inches(1), Inches(1))

    parsed = pptx.read(presentation(titled("Words"), fill))
    assert parsed.notes == ("1 image was not read.",)
    assert parsed.pages[1].start == parsed.pages[1].end
    with pytest.raises(ScanWithoutTextError, match="1 image and no text"):
        pptx.read(presentation(fill, layout=BLANK))


def test_a_slide_that_cannot_be_read_is_noted_and_the_others_are_read() -> None:
    """A slide that is cut off, and one that is missing, cost no more than themselves."""
    parts = unzipped(presentation(titled("First"), titled("Second"), titled("Third"), titled("Fourth")))
    parts["ppt/slides/slide2.xml"] = parts["ppt/slides/slide2.xml"][:-30]
    del parts["ppt/slides/slide3.xml"]
    parsed = pptx.read(zipped(parts))
    assert parsed.text == "First\n\nFourth"
    assert [page.number for page in parsed.pages] == [1, 2, 3, 4]
    assert parsed.notes[0].startswith("The part ppt/slides/slide2.xml is damaged")
    assert [note[:25] for note in parsed.notes[1:]] == [
        "Slide 2 could not be read",
        "Slide 3 could not be read",
    ]


def test_a_placeholder_that_its_layout_lacks_is_read() -> None:
    """A shape that inherits its place from nowhere keeps its words, and a foot is written once."""
    parts = unzipped(presentation(titled("First"), titled("Second")))
    foot = (
        b'<p:sp><p:nvSpPr><p:cNvPr id="9" name="d"/><p:cNvSpPr/>'
        b'<p:nvPr><p:ph type="dt" idx="77"/></p:nvPr>'
        b"</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>"
        b"<a:p><a:r><a:t>May 2024</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    for name in ("ppt/slides/slide1.xml", "ppt/slides/slide2.xml"):
        parts[name] = parts[name].replace(b"</p:spTree>", foot + b"</p:spTree>")
    assert pptx.read(zipped(parts)).text == "First\n\nMay 2024\n\nSecond"


def test_a_slide_show_is_read_and_a_broken_one_refused() -> None:
    """Slide shows and templates are presentations; one without its main part is unreadable."""
    parts = unzipped(presentation(titled("Words")))
    types = parts["[Content_Types].xml"]
    for kind in (
        b"ms-powerpoint.slideshow.macroEnabled",
        b"openxmlformats-officedocument.presentationml.template",
    ):
        renamed = types.replace(b"openxmlformats-officedocument.presentationml.presentation", kind)
        assert pptx.read(zipped({**parts, "[Content_Types].xml": renamed})).text == "Words"
    del parts["ppt/presentation.xml"]
    with pytest.raises(UnreadableFileError, match="The presentation is damaged"):
        pptx.read(zipped(parts))
