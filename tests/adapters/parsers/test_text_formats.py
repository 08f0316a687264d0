"""Are text, Markdown and HTML read as a person would read them?"""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.adapters.parsers import html, markdown, plain_text
from rag.adapters.parsers.cleaning import clean
from rag.adapters.parsers.formats import Format, read
from rag.domain.errors import RagError
from tests.support.parsed import headings_of, unbroken_of

GERMAN = "Die Größe des Gebäudes überrascht viele Besucher, die zum ersten Mal über die Brücke gehen. " * 3


@pytest.mark.parametrize(
    "content",
    [
        GERMAN.encode(),
        GERMAN.encode("utf-8-sig"),
        GERMAN.encode("utf-16"),
        GERMAN.encode("utf-16-be"),
        GERMAN.encode("utf-16-le"),
        GERMAN.encode("utf-32"),
        GERMAN.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252"],
)
def test_the_encoding_is_found(content: bytes) -> None:
    """Text is decoded by its mark, by its zero bytes, as UTF-8, or by what its bytes suggest."""
    assert plain_text.read(content).text == GERMAN.strip()


def test_a_damaged_byte_does_not_change_the_encoding() -> None:
    """One broken byte in a UTF-8 text costs that character only."""
    assert plain_text.read("Größe ".encode() * 20 + b"\xff").text.startswith("Größe Größe")


def test_unseen_characters_are_dropped() -> None:
    """Line breaks are unified, and what nobody can see is gone, so that it cannot be smuggled in either."""
    text = plain_text.read("co\u00adop\u202e \u200bre\U000e0041ad\x07\r\nn\u0308ext\x00".encode()).text
    assert text == "coop read\nn\u0308ext"
    assert clean("a\ud800b\ufeff") == "ab"


def test_wrapped_lines_become_paragraphs_and_others_stay() -> None:
    """Lines broken by an editor are joined; lists, tables, verse and code keep their lines."""
    wrapped = (
        "This paragraph was wrapped by an editor at the column of seventy, as is\n"
        "usual in old files, and so its lines belong together in one paragraph.\n"
        "\n"
        "- an item that is long enough to be wrapped too, because it goes on and\n"
        "  on in its second line\n"
        "- another\n"
        "\n"
        "name      size\n"
        "alpha     12\n"
    )
    lines = plain_text.read(wrapped.encode()).text.split("\n")
    assert lines[0].endswith("in one paragraph.")
    assert lines[2].endswith("and on in its second line")
    assert lines[3:] == ["- another", "", "name      size", "alpha     12"]


MARKDOWN = """---
title: "Backup guide"
date: 2024-03-01
author: A. Writer
---

# Backups

They are [made](https://example.org/x) **every** night
and kept.

1. First
2. Second
   - inner

| name | size |
|------|------|
| a    | `1`  |

```sh
rag backup

rag list
```

## Restore &amp; check

<details><p>Hidden in <b>HTML</b>.</p></details>
"""


def test_markdown_is_read_as_its_reader_sees_it() -> None:
    """Marks and link addresses are gone; headings, items, tables and code are kept, with their offsets."""
    parsed = markdown.read(MARKDOWN.encode())
    assert parsed.title == "Backup guide"
    assert parsed.dated == datetime(2024, 3, 1, tzinfo=UTC)
    assert parsed.metadata == {"author": "A. Writer"}
    assert headings_of(parsed) == [(1, "Backups"), (2, "Restore & check")]
    assert unbroken_of(parsed) == ["name | size\na | 1", "rag backup\n\nrag list"]
    assert "They are made every night and kept." in parsed.text
    assert "\n1. First\n2. Second\n  - inner\n" in parsed.text
    assert parsed.text.endswith("Hidden in HTML.")


def test_markdown_without_front_matter_is_called_after_its_first_heading() -> None:
    """The first heading of the first level is the title; a rule at the top is not front matter."""
    assert markdown.read(b"## Small\n\n# Big\n\nText").title == "Big"
    assert markdown.read(b"---\n\nText").text == "Text"


PAGE = """<!doctype html><html lang="en"><head><title>Guide &ndash; Backups</title>
<meta name="author" content="A. Writer"><meta property="article:modified_time" content="2024-05-06T07:08:09Z">
<meta name="description" content="How to copy."><style>p {}</style></head><body>
<header>Site name</header><nav><ul><li>Home</li></ul></nav><div class="sidebar">Links</div>
<main><header><h1>Back&shy;ups</h1></header>
<p>They are made<br>every   night&nbsp;&amp; kept: H<sub>2</sub>O.<script>var x;</script></p>
<ol start="3"><li>Third<li><p>Fourth</p><ul><li>inner</ul></ol>
<pre>if x:
    <b>copy</b>()
</pre>
<table><tr><th>name</th><th>size</th></tr><tr><td>a</td><td><p>1</p><p>2</p></td></tr></table>
<table><tr><td><h2>In a layout</h2><p>Text of it.</p></td></tr></table>
<dl><dt>term</dt><dd>meaning</dd></dl>
<p hidden>no</p><p style="color:red; display: none">no</p><form><input value="no">no</form>
<svg><text>CREATE</text><text>TABLE</text></svg><aside class="note">Mind this.</aside></main>
<footer>no</footer></body></html>"""


def test_html_is_read_without_its_furniture() -> None:
    """The main text stays in order, with items, tables, code and notes; menus and hidden parts go."""
    parsed = html.read(PAGE.encode())
    assert parsed.text == (
        "Backups\n\nThey are made\nevery night & kept: H2O.\n3. Third\n4. Fourth\n  - inner\n\n"
        "if x:\n    copy()\n\nname | size\na | 1 2\n\nIn a layout\n\nText of it.\n\nterm\nmeaning\n\n"
        "CREATE TABLE\n\nMind this."
    )
    assert headings_of(parsed) == [(1, "Backups"), (2, "In a layout")]
    assert unbroken_of(parsed) == ["if x:\n    copy()", "name | size\na | 1 2"]


def test_html_says_what_it_is() -> None:
    """Title, language, date and author are taken from the head."""
    parsed = html.read(PAGE.encode())
    assert parsed.title == "Guide \u2013 Backups"
    assert parsed.language == "en"
    assert parsed.dated == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert parsed.metadata == {"author": "A. Writer", "description": "How to copy."}


def test_a_page_states_its_language_by_a_tag() -> None:
    """The language is the first part of the tag; what is no tag is left out."""
    assert html.read(b'<html lang="pt-BR"><p>Words').language == "pt"
    assert html.read(b'<html lang="English"><p>Words').language is None


def test_html_that_calls_its_main_text_furniture_is_still_read() -> None:
    """A page that stands in a form, as some programs write it, is not thrown away with it."""
    page = f"<body><form><div class=menu>Home</div><p>{GERMAN}</p></form></body>"
    assert html.read(page.encode()).text == GERMAN.strip()


@pytest.mark.parametrize("encoding", ["cp1252", "shift_jis", "iso-2022-jp"])
def test_html_is_decoded_as_it_declares(encoding: str) -> None:
    """The encoding that a page states is believed where its bytes are not UTF-8."""
    words = "日本語の文書です。" if encoding != "cp1252" else "Größe"
    page = f'<meta http-equiv="Content-Type" content="text/html; charset={encoding}"><p>{words}</p>'
    assert html.read(page.encode(encoding)).text == words


def test_deeply_nested_html_is_read() -> None:
    """A page may nest deeper than Python's stack."""
    assert html.read(b"<div>" * 5000 + b"deep" + b"</div>" * 5000).text == "deep"


@pytest.mark.parametrize("kind", [Format.TEXT, Format.MARKDOWN, Format.HTML])
@given(
    content=st.binary(max_size=300)
    | st.text(alphabet='<>/aip#*-|`\n \x00\u0301é&;="', max_size=300).map(str.encode)
)
def test_any_bytes_give_clean_text_or_our_error(kind: Format, content: bytes) -> None:
    """Whatever arrives, the text is clean, its offsets are within it and in order, or the error is ours."""
    try:
        parsed = read(kind, content)
    except RagError:
        return
    assert parsed.text == clean(parsed.text)
    starts = [heading.start for heading in parsed.headings]
    assert starts == sorted(starts)
    assert all(0 <= start < end <= len(parsed.text) for start, end in parsed.unbroken)
    assert all(before[1] <= after[0] for before, after in pairwise(parsed.unbroken))
