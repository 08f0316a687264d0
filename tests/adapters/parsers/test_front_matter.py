"""Is what stands above a text, or beside it, understood, and what is made to do harm left alone?"""

import time
from datetime import UTC, datetime

import pytest

from rag.adapters.parsers import markdown
from rag.adapters.parsers.described import MAX_FIELDS, described, moment_of, primary_tag
from rag.adapters.parsers.front_matter import (
    MAX_CHARACTERS,
    fields_of_json,
    fields_of_toml,
    fields_of_yaml,
    split_front_matter,
)
from rag.ports.parsing import UnreadableFileError

SECONDS = 3.0


def test_yaml_above_markdown_describes_the_document() -> None:
    """Title, date, language and people are taken; other values and lists of values are kept as lines."""
    parsed = markdown.read(
        b"---\ntitle: 'Backups: how to'\nauthors: [A. Writer, {name: B. Helper}]\nlang: en-GB\n"
        b"date: 2024-03-01\nlastmod: 2024-05-06 07:08:09 +02:00\ntags:\n  - disks\n  - 2024\n"
        b"version: 1.10\ndraft: no\nempty:\nnested: {a: {b: c}}\n---\n# Words\n"
    )
    assert (parsed.title, parsed.language, parsed.text) == ("Backups: how to", "en", "Words")
    assert parsed.dated is not None
    assert parsed.dated.isoformat() == "2024-05-06T07:08:09+02:00"
    assert parsed.metadata == {
        "author": "A. Writer, B. Helper",
        "keywords": "disks, 2024",
        "version": "1.10",
        "draft": "no",
    }
    assert parsed.notes == ("Of the fields, what holds further fields or lists was left out: nested.",)


def test_what_is_no_date_and_no_language_is_noted() -> None:
    """A field that was meant as one, and is none, is kept as it is and said to be so."""
    parsed = markdown.read(b"---\ndate: someday\nlanguage: klingonish!!\n---\nWords of a document.\n")
    assert parsed.metadata == {"date": "someday", "language": "klingonish!!"}
    assert parsed.notes == (
        "The date was not understood: someday.",
        "The language was not understood: klingonish!!.",
    )


def test_toml_above_markdown_describes_the_document() -> None:
    """TOML's own dates, numbers and truths become lines too."""
    parsed = markdown.read(
        b"+++\ntitle = 'Backups'\ndate = 2024-03-01T10:00:00Z\nweight = 20\ndraft = true\n"
        b"tags = ['a', 'b']\n[deeper]\nx = 1\n+++\nWords"
    )
    assert (parsed.title, parsed.text) == ("Backups", "Words")
    assert parsed.dated == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert parsed.metadata == {"weight": "20", "draft": "true", "keywords": "a, b"}


def test_malformed_front_matter_is_noted_with_its_line() -> None:
    """What cannot be read is left out of the text, with its line; plain lines of it still count."""
    parsed = markdown.read(b"---\ntitle: Backups: how to\nauthor: A. Writer\n---\nWords")
    assert parsed.text == "Words"
    assert parsed.title == "Backups: how to"
    assert parsed.metadata == {"author": "A. Writer"}
    (note,) = parsed.notes
    assert "plain lines" in note
    assert "at line 2: mapping values are not allowed here" in note


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nWords between rules: so many.\n\n---\nMore.",
        "---\nA heading and no field\n---\nMore.",
        "---\nwithout: an end",
        "Words\n---\na: b\n---\n",
    ],
)
def test_rules_are_no_front_matter(text: str) -> None:
    """A text that begins with a rule keeps every word."""
    assert split_front_matter(text).body == text


def test_the_end_may_be_three_dots() -> None:
    """YAML's own mark of an end is one."""
    assert split_front_matter("---\na: b\n...\nWords").body == "Words"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [x, x]\nb: *a", "line 2: an alias"),
        ("a: b\nc: [", "line 2: "),
        ("a: !!python/object/apply:os.system [ls]\n- b", "line 2: "),
        ("- a\n- b", "no names with values"),
        ("a: \x07", "line 1: a character that is not allowed"),
        (f"a: {'[' * 100}", "line 1: more than 40 levels"),
        (f"a: {'b' * MAX_CHARACTERS}", "the limit is"),
    ],
)
def test_yaml_that_is_wrong_is_refused(text: str, reason: str) -> None:
    """Every refusal names what is wrong, and the line where there is one."""
    with pytest.raises(UnreadableFileError, match=reason):
        fields_of_yaml(text)


def test_yaml_makes_no_object() -> None:
    """A tag of Python's is not followed: no class is made, nothing runs."""
    assert fields_of_yaml("a: !!python/object/apply:os.getcwd []\nb: !!int 1") == {"a": [], "b": "1"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = 1\nb = ", "line 2: "),
        ("a = 1\na = 2", "line 2: "),
        (f"a = {'[' * 5000}", "levels"),
        (f"a = {'9' * 5000}", "line 1: "),
    ],
)
def test_toml_that_is_wrong_is_refused(text: str, reason: str) -> None:
    """Malformed, repeated, deep and endless values are refused with the line where it is known."""
    with pytest.raises(UnreadableFileError, match=reason):
        fields_of_toml(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1,\n}', "line 2: "),
        ("[1]", "no names"),
        ('{"a":' * 5000, "levels"),
        (f'{{"a": {"9" * 5000}}}', "line 1: "),
    ],
)
def test_json_that_is_wrong_is_refused(text: str, reason: str) -> None:
    """JSON is held to the same."""
    with pytest.raises(UnreadableFileError, match=reason):
        fields_of_json(text)


def test_fields_are_bounded() -> None:
    """Neither their number, nor their names, nor their values grow without end; none holds unseen signs."""
    said = described({f"field {i}": "x" * 5000 for i in range(500)} | {"n" * 500: "a\ud800\x00b"})
    assert len(said.metadata) == MAX_FIELDS
    assert max(map(len, said.metadata.values())) == 1000
    assert described({"n" * 500: "a\ud800\x00b"}).metadata == {"n" * 100: "ab"}


def test_a_field_that_is_not_understood_is_kept_as_a_line() -> None:
    """A date or a language that we cannot read is still what the document says of itself."""
    said = described(
        {"date": "last summer", "language": "English", "summary": "Short.", "updated": "1.2.2023"}
    )
    assert said.metadata == {"date": "last summer", "language": "English", "description": "Short."}
    assert said.dated == datetime(2023, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-3-1", "2024-03-01T00:00:00+00:00"),
        ("2024/03/01 7:05:00", "2024-03-01T07:05:00+00:00"),
        ("2024-03-01 10:00:00 +0200", "2024-03-01T10:00:00+02:00"),
        ("1 March 2024", "2024-03-01T00:00:00+00:00"),
        ("Mar 1, 2024", "2024-03-01T00:00:00+00:00"),
        ("31.12.2024", "2024-12-31T00:00:00+00:00"),
        ("31.13.2024", None),
        ("3/4/2024", None),
    ],
)
def test_dates_are_read_as_people_write_them(written: str, expected: str | None) -> None:
    """Dates whose order is certain are read, others are none."""
    moment = moment_of(written)
    assert (moment.isoformat() if moment else None) == expected


def test_tags_of_languages_are_cut_to_the_language() -> None:
    """What names no language, or none that is one, gives none."""
    stated = ["EN", "zh-Hant-TW", "pt_BR", "und", "english", "", None]
    assert [primary_tag(one) for one in stated] == ["en", "zh", "pt", None, None, None, None]


@pytest.mark.parametrize(
    "block",
    [
        "---\n" + "a: b\n" * 13_000 + "---\n",
        "---\na:\n" + " - x\n" * 13_000 + "---\n",
        "---\na: " + "[" * 60_000 + "\n---\n",
        "---\na: " + "{x: " * 15_000 + "\n---\n",
        "+++\nc = 1\n" + "a." * 30_000 + "b = 1\n+++\n",
        "+++\n" + "".join(f"[a.b{i}.c]\n" for i in range(4_000)) + "x = 1\n+++\n",
        "---\nkey: " + " " * 1_000_000 + "\n---\n",
    ],
    ids=["fields", "list", "brackets", "braces", "dots", "tables", "spaces"],
)
def test_front_matter_of_any_kind_is_read_quickly(block: str) -> None:
    """The largest block that is read, however it is made, takes little time."""
    began = time.perf_counter()
    assert markdown.read(f"{block}Words".encode()).text == "Words"
    assert time.perf_counter() - began < SECONDS
