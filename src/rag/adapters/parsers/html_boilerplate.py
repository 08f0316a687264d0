"""Which parts of a page are not its main text?"""

import re
from collections.abc import Iterable
from typing import Final

from selectolax.lexbor import LexborNode

from rag.adapters.parsers.html_tree import Ancestry, outermost, text_lengths

_NEVER_SHOWN: Final = (
    "script, style, noscript, template, iframe, object, embed, canvas, audio, video, dialog, "
    "button, input, select, option, textarea, datalist, map"
)
_HIDDEN: Final = '[hidden], [aria-hidden="true"], [style*="none"], [style*="hidden"]'
_HIDING_STYLE: Final = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_FURNITURE: Final = (
    "nav, aside, form, header, footer, "
    "[role=navigation], [role=banner], [role=contentinfo], [role=search], [role=complementary], "
    "[data-nosnippet]"
)
_FURNITURE_NAME: Final = re.compile(
    r"(?:(?:main|sub|search|side|top|nav|site)[-_]?menu|menu|nav(?:bar|header|footer|igation|links)?"
    r"|side[-_]?bar|bread[-_]?crumbs?|(?:site|page|global|main)[-_]?(?:header|footer|nav)|footer"
    r"|(?:fancy[-_])?toc|table[-_]of[-_]contents|cookie[-_](?:banner|notice|consent|bar)"
    r"|skip[-_]?(?:link|nav|to[-_]content)|pagination|pager|headerlink|nosearch|noindex|robots-nocontent)",
    re.IGNORECASE,
)
_NEVER_FURNITURE: Final = frozenset({"html", "body", "main", "article", "section", "h1", "p", "pre", "table"})
_A_NOTE: Final = re.compile(r"note|warning|tip|caution|important|admonition|callout|example", re.IGNORECASE)
_TEXT_HOLDERS: Final = frozenset({"article", "main", "section", "blockquote", "figure"})
_MOST_OF_IT: Final = 0.5


def leave_out_unseen(body: LexborNode) -> None:
    """This will take out of the tree what no reader of the page sees."""
    _remove(body.css(_NEVER_SHOWN))
    _remove(node for node in body.css(_HIDDEN) if _is_hidden(node))


def leave_out_boilerplate(body: LexborNode) -> LexborNode:
    """This will take menus, headers, footers and forms out of the tree, and find where the main text stands.

    Whatever holds half of the page's text or more is its main text and stays, whatever it is called.

    Returns:
        the element whose content is the main text.
    """
    limit = _MOST_OF_IT * _length(body)
    named = [node for node in body.css("[class], [id]") if _is_named_furniture(node)]
    text_holders = Ancestry(tags=_TEXT_HOLDERS)
    furniture = [node for node in body.css(_FURNITURE) + named if not _belongs_to_text(node, text_holders)]
    if any(_length(node) >= limit for node in outermost(furniture)):  # then those inside it count, one by one
        lengths = text_lengths(body)
        furniture = [node for node in furniture if lengths.get(node.mem_id, 0) < limit]
    _remove(furniture)
    limit = _MOST_OF_IT * _length(body)
    for selector in ("main, [role=main]", "article"):
        found = body.css(selector)
        if len(found) == 1 and _length(found[0]) >= limit:
            return found[0]
    return body


def _remove(nodes: Iterable[LexborNode]) -> None:
    """Take nodes out, outermost only: what is inside goes too and must not be touched after."""
    for node in outermost(nodes):
        node.decompose()


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return _HIDING_STYLE.search(attributes.get("style") or "") is not None


def _length(node: LexborNode) -> int:
    return len(node.text())


def _is_named_furniture(node: LexborNode) -> bool:
    if node.tag in _NEVER_FURNITURE:
        return False
    attributes = node.attributes
    names = [*(attributes.get("class") or "").split(), attributes.get("id") or ""]
    return any(_FURNITURE_NAME.fullmatch(name) for name in names)


def _belongs_to_text(node: LexborNode, text_holders: Ancestry) -> bool:
    """Say whether an article's own header or a note in it is meant, which are part of what it says."""
    if node.tag == "aside":
        return _A_NOTE.search(node.attributes.get("class") or "") is not None
    return node.tag in {"header", "footer"} and text_holders.encloses(node)
