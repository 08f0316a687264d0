"""What do named fields, from wherever they come, tell about a document?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.composing import MAX_METADATA_CHARACTERS, date_of
from rag.domain.documents import Metadata

MAX_FIELDS: Final = 50
_MAX_NAME_CHARACTERS: Final = 100
_NAMES_IN_A_NOTE: Final = 5
_DATES: Final = (
    "dated",
    "lastmod",
    "last_modified",
    "last-modified",
    "updated",
    "modified",
    "date",
    "published",
)
_LANGUAGES: Final = ("language", "lang")
_OTHER_NAMES: Final = {"authors": "author", "tags": "keywords", "summary": "description"}
_YEAR_FIRST: Final = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)(?:[Tt\s]+(\S+))?(?:\s+(Z|[+-]\d\d:?\d\d))?"
)
# With full stops the day stands first, all over the world; with slashes, either may.
_DAY_FIRST: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_TAG: Final = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*", re.IGNORECASE)
_LONGEST_TAG: Final = 100
_NO_LANGUAGE: Final = frozenset({"und", "mul", "mis", "zxx"})
_IN_WORDS: Final = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y")


@dataclass(frozen=True, slots=True)
class Described:
    """What was said of a document; `metadata` holds everything else that is a value or a list of values.

    Attributes:
        notes: what was left out, a sentence each.
    """

    title: str | None
    dated: datetime | None
    language: str | None
    metadata: Metadata
    notes: tuple[str, ...] = ()


def described(fields: Mapping[str, object]) -> Described:
    """This will sort fields, named in lower case, into what we use and the rest, all of bounded length.

    >>> described({"title": "Backups", "lang": "en-GB", "tags": ["a", "b"]})
    Described(title='Backups', dated=None, language='en', metadata={'keywords': 'a, b'}, notes=())
    """
    lines = dict(_lines(fields))
    title = lines.pop("title", None)
    dates = {name: moment_of(lines[name]) for name in _DATES if name in lines}
    languages = {name: primary_tag(lines[name]) for name in _LANGUAGES if name in lines}
    understood = {name for name in dates if dates[name]} | {name for name in languages if languages[name]}
    metadata = {name: line for name, line in lines.items() if name not in understood}
    for name, usual in _OTHER_NAMES.items():
        if name in metadata and usual not in metadata:
            metadata[usual] = metadata.pop(name)
    return Described(
        title=title,
        dated=next((moment for moment in dates.values() if moment), None),
        language=next((language for language in languages.values() if language), None),
        metadata=dict(list(metadata.items())[:MAX_FIELDS]),
        notes=(
            *_misunderstood([*dates, *languages], metadata),
            *_notes(fields, beyond=list(metadata)[MAX_FIELDS:]),
        ),
    )


def moment_of(written: str) -> datetime | None:
    """This will read a date as people write it, in UTC where it names no time zone, if its order is certain.

    >>> moment_of("1.2.2023"), moment_of("March 4, 2024 ")
    (datetime.datetime(2023, 2, 1, 0, 0, tzinfo=datetime.timezone.utc), \
datetime.datetime(2024, 3, 4, 0, 0, tzinfo=datetime.timezone.utc))
    >>> moment_of("1/2/2023") is None
    True
    """
    written = one_line(written)[:_MAX_NAME_CHARACTERS]
    for iso in (written, *_in_iso_order(written)):
        found = date_of(iso)
        if found is not None:
            return found
    for shape in _IN_WORDS:
        try:
            return datetime.strptime(written, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def primary_tag(stated: str | None) -> str | None:
    """This will take the language out of a tag that a document states; what is no tag is no language.

    >>> primary_tag("en-US"), primary_tag("pt_BR.UTF-8"), primary_tag("English")
    ('en', None, None)
    """
    found = _TAG.fullmatch((stated or "")[:_LONGEST_TAG].strip())
    tag = found[1].lower() if found else None
    return None if tag in _NO_LANGUAGE else tag


def _in_iso_order(written: str) -> Iterator[str]:
    found = _YEAR_FIRST.fullmatch(written)
    if found:
        year, month, day, clock, zone = found.groups(default="")
        on = f"{year}-{int(month):02}-{int(day):02}"
        yield f"{on}T{'0' if clock[1:2] == ':' else ''}{clock}{zone}" if clock else on
    found = _DAY_FIRST.fullmatch(written)
    if found:
        yield f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"


def _lines(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        named, line = one_line(name)[:_MAX_NAME_CHARACTERS].strip(), _line_of(value)
        if named and line:
            yield named, line


def _notes(fields: Mapping[str, object], *, beyond: Sequence[str]) -> Iterator[str]:
    deep = [name for name, value in fields.items() if _is_deep(value)]
    if deep:
        yield f"Of the fields, what holds further fields or lists was left out: {_some(deep)}."
    cut = [name for name, value in fields.items() if len(_whole_line_of(value)) > MAX_METADATA_CHARACTERS]
    if cut:
        yield f"Fields were cut after {MAX_METADATA_CHARACTERS} characters: {_some(cut)}."
    if beyond:
        yield f"Of the fields, those after the first {MAX_FIELDS} were left out: {_some(beyond)}."


def _misunderstood(names: Sequence[str], left: Metadata) -> Iterator[str]:
    for name in names:
        if name in left:
            yield f"The {name} was not understood: {left[name][:_MAX_NAME_CHARACTERS]}."


def _some(names: Sequence[str]) -> str:
    named = ", ".join(one_line(name)[:_MAX_NAME_CHARACTERS] for name in names[:_NAMES_IN_A_NOTE])
    others = len(names) - _NAMES_IN_A_NOTE
    return f"{named} and {others} more" if others > 0 else named


def _is_deep(value: object) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, list | dict) and part and not _word_of(part) for part in parts)


def _line_of(value: object) -> str | None:
    return _whole_line_of(value)[:MAX_METADATA_CHARACTERS].strip() or None


def _whole_line_of(value: object) -> str:
    """Write a value, or a list of values, on one line; anything deeper is left, but for a person's name."""
    if isinstance(value, list):
        parts = [_word_of(one) for one in value]
        return one_line(", ".join(part for part in parts if part))
    return one_line(_word_of(value))


def _word_of(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float) else ""
