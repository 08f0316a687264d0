"""What does an HTML page say, and where are its headings, tables and code?"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from rag.adapters.parsers.composing import TextComposer, date_of, metadata_of
from rag.adapters.parsers.decoding import decode
from rag.adapters.parsers.described import primary_tag
from rag.adapters.parsers.html_blocks import write_blocks
from rag.adapters.parsers.html_boilerplate import leave_out_boilerplate, leave_out_unseen
from rag.adapters.parsers.html_nesting import refuse_deep_nesting
from rag.adapters.parsers.titles import sane_title
from rag.domain.documents import ParsedDocument

MEDIA_TYPE: Final = "text/html"
_DECLARED_WITHIN: Final = 4096
_DECLARED: Final = re.compile(
    rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w:.-]+)""", re.IGNORECASE
)
_DATE_NAMES: Final = (
    "article:modified_time",
    "dcterms.modified",
    "last-modified",
    "article:published_time",
    "dcterms.date",
    "dc.date",
    "date",
)


def read(content: bytes) -> ParsedDocument:
    """This will read the main text of a page; menus, headers, footers, forms and what is hidden are left out.

    Raises:
        UnreadableFileError: the bytes are text in no encoding that we know, or elements are nested too deep.
    """
    tree = _tree(decode(content, declared=_declared_encoding(content)))
    title = _title(tree)
    named = _meta(tree)
    root = tree.css_first("html")
    language = (root.attributes.get("lang") or root.attributes.get("xml:lang")) if root else None
    composer = TextComposer()
    body = tree.body
    if body is not None:
        leave_out_unseen(body)
        write_blocks(leave_out_boilerplate(body), composer)
    dates = (date_of(named.get(name)) for name in _DATE_NAMES)
    return ParsedDocument(
        text=composer.text,
        media_type=MEDIA_TYPE,
        title=title,
        headings=composer.headings,
        unbroken=composer.unbroken,
        language=primary_tag(language),
        dated=next((date for date in dates if date), None),
        metadata=metadata_of(
            author=named.get("author"),
            description=named.get("description") or named.get("og:description"),
            keywords=named.get("keywords"),
        ),
    )


def add_fragment(source: str, composer: TextComposer) -> None:
    """This will append the text of a piece of HTML that stands inside another format.

    Raises:
        UnreadableFileError: elements are nested too deep.
    """
    body = _tree(source).body
    if body is not None:
        leave_out_unseen(body)
        write_blocks(body, composer)


def _tree(source: str) -> LexborHTMLParser:
    refuse_deep_nesting(source)
    return LexborHTMLParser(source)


def _declared_encoding(content: bytes) -> str | None:
    found = _DECLARED.search(content[:_DECLARED_WITHIN])
    return (found.group(1) or found.group(2)).decode("ascii", errors="ignore") if found else None


def _title(tree: LexborHTMLParser) -> str | None:
    for selector in ("head > title", "h1"):
        node = tree.css_first(selector)
        title = sane_title(node.text()) if node is not None else None
        if title is not None:
            return title
    return None


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    """Give the page's statements about itself, by lower-case name; the first of a name counts."""
    named: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        said = node.attributes
        name = said.get("name") or said.get("property") or said.get("http-equiv") or ""
        named.setdefault(name.lower(), said.get("content") or "")
    return named
