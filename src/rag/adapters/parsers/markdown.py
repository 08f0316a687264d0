"""What does a Markdown file say, and where are its headings, tables and code?"""

import re
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.adapters.parsers.cleaning import clean, one_line
from rag.adapters.parsers.composing import LINE_GAP, TextComposer
from rag.adapters.parsers.decoding import decode
from rag.adapters.parsers.described import described
from rag.adapters.parsers.front_matter import split_front_matter
from rag.adapters.parsers.html import add_fragment
from rag.domain.documents import ParsedDocument

MEDIA_TYPE: Final = "text/markdown"
_INLINE_TEXT: Final = {"text", "code_inline", "text_special"}
_BREAK_TAG: Final = re.compile(r"<br\b", re.IGNORECASE)


def read(content: bytes) -> ParsedDocument:
    """This will read Markdown (CommonMark with tables) as the text that a reader sees.

    Links appear as their words and images as their descriptions; list marks, code and tables stay.

    Raises:
        UnreadableFileError: the bytes are text in no encoding that we know.
    """
    front = split_front_matter(clean(decode(content)))
    said = described(front.fields)
    composer = TextComposer()
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(front.body)
    _Writer(composer).write(tokens)
    first = next((heading.title for heading in composer.headings if heading.level == 1), None)
    return ParsedDocument(
        text=composer.text,
        media_type=MEDIA_TYPE,
        title=said.title or first,
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=said.language,
        dated=said.dated,
        metadata=said.metadata,
        notes=(*((front.note,) if front.note else ()), *said.notes),
    )


class _Writer:
    """Writes a stream of tokens into a composer, remembering the lists and the table that it is inside of."""

    def __init__(self, composer: TextComposer) -> None:
        self._composer = composer
        self._numbers: list[int | None] = []
        self._mark = ""
        self._heading: int | None = None
        self._rows: list[list[str]] | None = None

    def write(self, tokens: Sequence[Token]) -> None:
        """Write every block in order."""
        for token in tokens:
            handler = getattr(self, f"_on_{token.type}", None)
            if handler is not None:
                handler(token)

    def _on_heading_open(self, token: Token) -> None:
        self._heading = int(token.tag[1])

    def _on_inline(self, token: Token) -> None:
        words = _inline_text(token.children or [])
        if self._rows is not None:
            self._rows[-1].append(one_line(words))
        elif self._heading is not None:
            self._composer.add_heading(words, level=self._heading)
            self._heading = None
        else:
            self._add(words)

    def _on_fence(self, token: Token) -> None:
        self._add(token.content, unbroken=True)

    _on_code_block = _on_fence

    def _on_html_block(self, token: Token) -> None:
        add_fragment(token.content, self._composer)

    def _on_bullet_list_open(self, _: Token) -> None:
        self._numbers.append(None)

    def _on_ordered_list_open(self, token: Token) -> None:
        self._numbers.append(int(token.attrs.get("start", 1)))

    def _on_bullet_list_close(self, _: Token) -> None:
        self._numbers.pop()
        self._mark = ""

    _on_ordered_list_close = _on_bullet_list_close

    def _on_list_item_open(self, _: Token) -> None:
        number = self._numbers[-1]
        self._mark = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1

    def _on_table_open(self, _: Token) -> None:
        self._rows = []

    def _on_tr_open(self, _: Token) -> None:
        if self._rows is not None:
            self._rows.append([])

    def _on_table_close(self, _: Token) -> None:
        lines = [" | ".join(row) for row in self._rows or [] if any(row)]
        self._rows = None
        self._add("\n".join(lines), unbroken=True)

    def _add(self, text: str, *, unbroken: bool = False) -> None:
        if not self._numbers:
            self._composer.add(text, unbroken=unbroken)
            return
        indent = "  " * (len(self._numbers) - 1)
        self._composer.add(f"{indent}{self._mark}{text}", gap=LINE_GAP, unbroken=unbroken)
        self._mark = ""


def _inline_text(children: Sequence[Token]) -> str:
    parts: list[str] = []
    for token in children:
        if token.type in _INLINE_TEXT:
            parts.append(token.content)
        elif token.type == "image":
            parts.append(_inline_text(token.children or []))
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "hardbreak" or (token.type == "html_inline" and _BREAK_TAG.match(token.content)):
            parts.append("\n")
    return "".join(parts)
