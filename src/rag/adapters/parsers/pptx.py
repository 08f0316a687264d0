"""What do the slides of a presentation say, in the order in which people read them?"""

from collections import Counter
from io import BytesIO
from typing import Final, cast

from pptx import Presentation
from pptx.parts.slide import SlidePart
from pptx.presentation import Presentation as Slides
from pptx.slide import Slide

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import PARAGRAPH_GAP, TextComposer
from rag.adapters.parsers.office_left_out import left_out, refuse_without_text
from rag.adapters.parsers.office_package import damage, mended
from rag.adapters.parsers.office_properties import properties_of
from rag.adapters.parsers.pptx_shapes import FAULTS, ShapeReader, blocks_in_order, choose_alternates
from rag.domain.documents import Page, ParsedDocument

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def read(content: bytes) -> ParsedDocument:
    """This will read every slide as a page, with its title as a heading, its tables and the speaker's notes.

    A slide that cannot be read is noted, and the others are read.

    Raises:
        EncryptedFileError: it wants a password.
        FileTooLargeError: it unpacks to more than we read.
        ScanWithoutTextError: it holds images alone.
        UnreadableFileError: it is damaged beyond help.
    """
    package = mended(content)
    slides = _opened(package.content, damaged=package.notes)
    writer = _SlideWriter(slides)
    writer.write()
    properties = properties_of(package.parts)
    composer = writer.composer
    parsed = ParsedDocument(
        text=composer.text,
        media_type=MEDIA_TYPE,
        title=properties.title or writer.first_title,
        pages=tuple(writer.pages),
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=properties.language,
        dated=properties.dated,
        metadata=properties.metadata,
        notes=(*package.notes, *writer.notes, *left_out(writer.counts)),
    )
    return refuse_without_text(parsed, images=writer.counts["image"])


def _opened(content: bytes, *, damaged: tuple[str, ...]) -> Slides:
    try:
        return Presentation(BytesIO(content))
    except (*FAULTS, SyntaxError) as error:
        raise damage("presentation", error, damaged) from error


class _SlideWriter:
    """Writes slides one after the other; what stands at the foot of all of them is written once."""

    def __init__(self, slides: Slides) -> None:
        self.composer = TextComposer()
        self.pages: list[Page] = []
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self.first_title: str | None = None
        self._slides = slides
        self._shapes = ShapeReader(self.counts, height=slides.slide_height or 1)

    def write(self) -> None:
        """Write every slide of the presentation."""
        listed = self._slides.element.sldIdLst
        relations = [str(one.rId) for one in listed.sldId_lst] if listed is not None else []
        for number, relation in enumerate(relations, start=1):
            before = len(self.composer.text)
            try:
                part = cast("SlidePart", self._slides.part.related_part(relation))
                self._write_slide(part.slide, number=number)
            except FAULTS as error:
                reason = one_line(str(error)).strip("'\"").rstrip(".")
                self.notes.append(f"Slide {number} could not be read to its end: {reason}.")
            end = len(self.composer.text)
            start = min(before + len(PARAGRAPH_GAP), end) if before else 0
            self.pages.append(Page(number=number, start=start, end=end))

    def _write_slide(self, slide: Slide, *, number: int) -> None:
        choose_alternates(slide.element)
        title_shape = slide.shapes.title
        title = one_line(title_shape.text_frame.text) if title_shape is not None else ""
        blocks = blocks_in_order(slide.shapes, self._shapes, without=title_shape)
        spoken = self._spoken(slide)
        if title or blocks or spoken:
            self.composer.add_heading(title or f"Slide {number}", level=1)
        self.first_title = self.first_title or title or None
        for block in blocks:
            self.composer.add(block.text, unbroken=block.unbroken)
        if spoken:
            self.composer.add(f"Notes:\n{spoken}")

    def _spoken(self, slide: Slide) -> str:
        """Give the speaker's notes; damaged ones are counted, and the slide is read without them."""
        try:
            frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
            return frame.text.strip() if frame is not None else ""
        except FAULTS:
            self.counts["damaged speaker's note"] += 1
            return ""
