"""What does a Word document say, and where are its headings and tables?"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.parser import parse_xml

from rag.adapters.parsers.composing import LINE_GAP, PARAGRAPH_GAP, TextComposer
from rag.adapters.parsers.docx_blocks import BlockWriter
from rag.adapters.parsers.docx_inline import NoteName
from rag.adapters.parsers.docx_styles import Numbering, Styles
from rag.adapters.parsers.docx_xml import Element, W, choose_alternates
from rag.adapters.parsers.office_left_out import left_out, refuse_without_text
from rag.adapters.parsers.office_package import damage, mended
from rag.adapters.parsers.office_properties import properties_of
from rag.domain.documents import ParsedDocument
from rag.ports.parsing import UnreadableFileError

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read(content: bytes) -> ParsedDocument:
    """This will read the text of a document with its lists, tables, text boxes and notes.

    Page headers and footers, comments, deleted and hidden text and tables of contents are left out.

    Raises:
        EncryptedFileError: it wants a password.
        FileTooLargeError: it unpacks to more than we read.
        ScanWithoutTextError: it holds images alone.
        UnreadableFileError: it is damaged beyond help.
    """
    package = mended(content)
    document = _opened(package.content, damaged=package.notes)
    composer = TextComposer()
    writer = BlockWriter(
        composer,
        styles=Styles(_related(document, RELATIONSHIP_TYPE.STYLES)),
        numbering=Numbering(_related(document, RELATIONSHIP_TYPE.NUMBERING)),
    )
    body = document.element.body
    choose_alternates(body)
    writer.write(body)
    _write_notes(document, writer, composer)
    properties = properties_of(package.parts)
    first = next((heading.title for heading in composer.headings if heading.level == 1), None)
    parsed = ParsedDocument(
        text=composer.text,
        media_type=MEDIA_TYPE,
        title=properties.title or writer.title or first,
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=properties.language,
        dated=properties.dated,
        metadata=properties.metadata,
        notes=(*package.notes, *left_out(writer.inline.counts)),
    )
    return refuse_without_text(parsed, images=writer.inline.counts["image"])


def _opened(content: bytes, *, damaged: tuple[str, ...]) -> WordDocument:
    try:
        document = Document(BytesIO(content))
        body = document.element.body
    except (KeyError, ValueError, AttributeError, SyntaxError) as error:
        raise damage("Word document", error, damaged) from error
    if body is None:
        raise UnreadableFileError("The Word document has no body.")
    return document


def _related(document: WordDocument, kind: str) -> Element | None:
    """Give the part of a kind that the document refers to, if there is one."""
    for relation in document.part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            return parse_xml(relation.target_part.blob)
    return None


def _write_notes(document: WordDocument, writer: BlockWriter, composer: TextComposer) -> None:
    """Append the footnotes and endnotes that the text refers to, in the order of their references."""
    found = dict(_notes(document, "footnote", RELATIONSHIP_TYPE.FOOTNOTES))
    found |= dict(_notes(document, "endnote", RELATIONSHIP_TYPE.ENDNOTES))
    gap = PARAGRAPH_GAP
    for name, number in list(writer.inline.notes.items()):
        said = writer.words_of(found[name]) if name in found else ""
        if said:
            composer.add(f"[^{number}]: {said}", gap=gap)
            gap = LINE_GAP


def _notes(document: WordDocument, kind: str, relation: str) -> Iterator[tuple[NoteName, Element]]:
    root = _related(document, relation)
    if root is None:
        return
    choose_alternates(root)
    for note in root.iter(f"{W}{kind}"):
        yield NoteName(kind, str(note.get(f"{W}id"))), note
