"""The pages are whole: nothing stands in them for what was to be written, and the index names them all."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PLACEHOLDER = re.compile(r"^(?:[A-Z][A-Z_]{3,}|.*\b(?:TODO|TBD|FIXME|XXX)\b.*)$", re.MULTILINE)


def pages() -> dict[str, str]:
    """Give every page with its text, what stands in code blocks left out."""
    fence = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    return {
        page.relative_to(DOCS).as_posix(): fence.sub("", page.read_text(encoding="utf-8"))
        for page in sorted(DOCS.rglob("*.md"))
    }


def test_no_page_holds_a_placeholder() -> None:
    """A reader never meets a name in capitals where a table was promised."""
    assert {name: found for name, text in pages().items() if (found := PLACEHOLDER.findall(text))} == {}


def test_every_page_is_in_the_index() -> None:
    """What nobody links to, nobody reads."""
    index = pages()["index.md"]
    runbook = pages()["runbook/index.md"]
    missing = [
        name
        for name in pages()
        if name not in {"index.md", "runbook/index.md"}
        and f"({name})" not in index
        and f"({name.removeprefix('runbook/')})" not in runbook
    ]
    assert missing == []
