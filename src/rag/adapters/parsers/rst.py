"""What does a reStructuredText file say, and where are its headings, tables and code?"""

import re
from time import thread_time
from types import SimpleNamespace
from typing import Final, cast

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, states
from docutils.transforms.references import Footnotes
from docutils.utils import new_document

from rag.adapters.parsers import plain_text
from rag.adapters.parsers.cleaning import clean, one_line
from rag.adapters.parsers.composing import TextComposer
from rag.adapters.parsers.decoding import decode
from rag.adapters.parsers.described import MAX_FIELDS, Described, described
from rag.adapters.parsers.rst_blocks import BlockWriter, LongText, words_of
from rag.adapters.parsers.rst_names import know_all_names
from rag.domain.documents import ParsedDocument

MEDIA_TYPE: Final = "text/x-rst"
_SECONDS: Final = 2.0
_MOST_SECONDS: Final = 45.0  # well within what a reading process has, so that plain text is still an outcome
_CHARACTERS_A_SECOND: Final = 100_000  # the library reads some 120,000 of lists, 600,000 of prose
_LONGEST_GRID: Final = 2000  # lines: the time for a table that is drawn grows with their square
_LONGEST_LINE: Final = 20_000
_LONGEST_PARAGRAPH: Final = 20_000
_LONGEST_FIELD: Final = 300
_KEYWORD: Final = re.compile(r"\$\w+:\s*(.*?)\s*\$")  # of version control: $Date: 2024-05-06 $
_STUMBLES: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
_SETTINGS: Final = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "halt_level": 5,
    "report_level": 3,
    "warning_stream": False,
    "syntax_highlight": "none",
    "line_length_limit": _LONGEST_LINE,
    "_disable_config": True,
}


def read(content: bytes) -> ParsedDocument:
    """This will read reStructuredText, with the roles and directives of whatever program it was written for.

    No file that it names is opened. What the library cannot read, or not soon enough, is read as plain text.

    Raises:
        UnreadableFileError: the bytes are text in no encoding that we know.
    """
    text = clean(decode(content))
    if max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return _as_plain_text(content, "it has lines of more than 20,000 characters")
    try:
        return _read(text)
    except _TakesTooLong:
        return _as_plain_text(content, "that takes too long")
    except LongText:
        return _as_plain_text(content, "it repeats itself without end")
    except RecursionError:
        return _as_plain_text(content, "its blocks are nested too deep")
    except _STUMBLES as error:  # the text itself is at hand
        return _as_plain_text(content, f"the library failed with {type(error).__name__}")


class _TakesTooLong(Exception):  # noqa: N818  # no error that anybody sees: the text is read in another way
    """The file is not one that the library reads in reasonable time."""


class _LimitedInliner:
    """Reads the marks within the words of every paragraph, until the time is up.

    It stands before the library's own, whose patterns are made of its class's attributes, not of an heir's.
    """

    def __init__(self, *, until: float) -> None:
        self._inliner = states.Inliner()
        self._until = until

    def __getattr__(self, name: str) -> object:
        return getattr(self._inliner, name)

    def parse(
        self, text: str, lineno: int, memo: SimpleNamespace, parent: nodes.Element
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Find the marks, unless the text is longer than any paragraph that a person wrote."""
        if thread_time() > self._until:
            raise _TakesTooLong
        if len(text) > _LONGEST_PARAGRAPH:
            return [nodes.Text(text)], []
        return self._inliner.parse(text, lineno, memo, parent)


def _read(text: str) -> ParsedDocument:
    document = _tree(text)
    said, top = _fields_at_the_top(document)
    composer = TextComposer()
    writer = BlockWriter(composer, document, characters=len(text))
    writer.write(document, without=top)
    first = next((heading.title for heading in composer.headings if heading.level == 1), None)
    return ParsedDocument(
        text=composer.text,
        media_type=MEDIA_TYPE,
        title=one_line(document.get("title", "")) or said.title or first,
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=said.language,
        dated=said.dated,
        metadata=said.metadata,
        notes=writer.notes,
    )


def _tree(text: str) -> nodes.document:
    if _longest_grid(text) > _LONGEST_GRID:
        raise _TakesTooLong
    know_all_names(text)
    settings = get_default_settings(Parser)
    for name, value in _SETTINGS.items():
        setattr(settings, name, value)
    document = new_document("", settings)
    until = thread_time() + min(_SECONDS + len(text) / _CHARACTERS_A_SECOND, _MOST_SECONDS)
    inliner = cast("states.Inliner", _LimitedInliner(until=until))
    Parser(inliner=inliner).parse(text, document)
    Footnotes(document).apply()
    return document


def _longest_grid(text: str) -> int:
    longest = lines = 0
    for line in text.split("\n"):
        drawn = line.lstrip()
        # Lines of verse begin with a bar too, but with no corner above them.
        lines = lines + 1 if drawn.startswith("+-") or (lines and drawn.startswith(("+", "|"))) else 0
        longest = max(longest, lines)
    return longest


def _fields_at_the_top(document: nodes.document) -> tuple[Described, nodes.field_list | None]:
    """Find the fields in front of all text, or under the title, which describe the document."""
    fields: dict[str, object] = {
        str(meta.get("name", "")).lower(): meta.get("content") for meta in document.findall(nodes.meta)
    }
    before: list[nodes.Node] = list(document.children)
    first = next((node for node in before if isinstance(node, nodes.section)), None)
    if first is not None:
        before = before[: before.index(first)] + list(first.children)
    silent = (nodes.comment, nodes.target, nodes.title, nodes.meta, nodes.substitution_definition)
    top = next((node for node in before if not isinstance(node, silent)), None)
    if not isinstance(top, nodes.field_list):
        return described(fields), None
    for field in list(top.children):
        named, said = cast("nodes.field", field).children
        # "A. Writer" is an author and no list of letters.
        listed = isinstance(next(iter(said.children), None), nodes.enumerated_list)
        words = cast("nodes.field_body", said).rawsource if listed else words_of(said)
        name, body = one_line(named.astext()).lower(), _KEYWORD.sub(r"\1", one_line(words))
        # What fills a paragraph, such as an abstract, is text; so is a list that is none of statements.
        if len(body) <= _LONGEST_FIELD and name not in fields and len(fields) < MAX_FIELDS:
            fields[name] = body
            top.remove(field)
    return described(fields), None if top.children else top


def _as_plain_text(content: bytes, reason: str) -> ParsedDocument:
    read_plainly = plain_text.read(content)
    note = f"The file was read as plain text, with its marks, and not as reStructuredText: {reason}."
    return ParsedDocument(text=read_plainly.text, media_type=MEDIA_TYPE, notes=(note,))
