"""What do the lines at the top of a text, or a file beside it, say about the document?

YAML stands between lines of `---`, TOML between lines of `+++`. YAML's words are taken as they are written,
so that `no` stays Norwegian, `1.10` a version, and no class of Python's is ever made; aliases are refused.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, cast

import yaml

from rag.adapters.parsers.cleaning import one_line
from rag.ports.parsing import UnreadableFileError

MAX_CHARACTERS: Final = 65_536
_MAX_DEPTH: Final = 40
# The first line is no blank one: so a rule above a paragraph is not taken for a beginning.
_BLOCK: Final = re.compile(
    r"\A\s*(?:---[ \t]*\n(?P<yaml>[ \t]*[^\s].*?)\n(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?)\n\+\+\+)"
    r"[ \t]*(?:\n|\Z)",
    re.DOTALL,
)
_FIELD: Final = re.compile(r"^([A-Za-z_][\w -]*?)[ \t]*[:=](?:[ \t](.*))?$", re.MULTILINE)
_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
# A key of thousands of parts would take its reader the square of their number.
_DEEP_KEY: Final = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]+[ \t]*\.[ \t]*){{{_MAX_DEPTH}}}""")
_LINE_OF_TOML: Final = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands above a text.

    Attributes:
        fields: what it says, by name in lower case.
        body: the text below it.
        note: a sentence on what of it could not be read.
    """

    fields: Mapping[str, object]
    body: str
    note: str | None = None


def split_front_matter(text: str) -> FrontMatter:
    r"""This will part a text from the fields above it; malformed ones are left out of the text, with a note.

    >>> split_front_matter("---\ntitle: Backups\n---\nWords.")
    FrontMatter(fields={'title': 'Backups'}, body='Words.', note=None)
    >>> split_front_matter("---\n\nWords.").body
    '---\n\nWords.'
    """
    found = _BLOCK.match(text)
    if found is None:
        return FrontMatter({}, text)
    kind = "yaml" if found["yaml"] is not None else "toml"
    block, body = found[kind], text[found.end() :]
    if len(block) > MAX_CHARACTERS:
        return FrontMatter({}, body, f"The front matter was not read: it has {len(block)} characters.")
    plain = {name.lower(): (value or "").strip().strip("\"'") for name, value in _FIELD.findall(block)}
    if not plain:
        return FrontMatter({}, text)
    # Empty lines in its place let an error name the line of the file.
    in_its_place = "\n" * text.count("\n", 0, found.start(kind)) + block
    try:
        return FrontMatter((fields_of_yaml if kind == "yaml" else fields_of_toml)(in_its_place), body)
    except UnreadableFileError as error:
        note = f"Of the front matter, only plain lines of name and value were read. {error}"
        return FrontMatter(plain, body, note)


def fields_of_yaml(text: str) -> Mapping[str, object]:
    r"""This will read a YAML mapping; every value is a string, None, or a list or mapping of such.

    Raises:
        UnreadableFileError: malformed (the line is named), too large, too deep, aliased, or no mapping.

    >>> fields_of_yaml("Language: no\ntags: [a, b]")
    {'language': 'no', 'tags': ['a', 'b']}
    """
    _refuse_large(text)
    try:
        # The class is a loader of plain words: no other object can come out of it.
        return _mapping(yaml.load(text, Loader=_PlainLoader), "YAML")  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse("YAML", mark.line + 1 if mark else 1, error.problem or error.context or "malformed")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, cast("int", error.position)) + 1
        _refuse("YAML", line, "a character that is not allowed")


def fields_of_toml(text: str) -> Mapping[str, object]:
    """This will read a TOML document.

    Raises:
        UnreadableFileError: malformed (the line is named), too large or nested too deep.

    >>> fields_of_toml("Title = 'Backups'")
    {'title': 'Backups'}
    """
    _refuse_large(text)
    deep = _DEEP_KEY.search(text)
    if deep is not None:
        _refuse("TOML", text.count("\n", 0, deep.start()) + 1, "too many levels")
    return _mapping(_read_strictly("TOML", tomllib.loads, text), "TOML")


def fields_of_json(text: str) -> Mapping[str, object]:
    """This will read a JSON object.

    Raises:
        UnreadableFileError: malformed (the line is named), too large, nested too deep, or no object.

    >>> fields_of_json('{"Title": "Backups"}')
    {'title': 'Backups'}
    """
    _refuse_large(text)
    return _mapping(_read_strictly("JSON", json.loads, text), "JSON")


class _PlainLoader(yaml.BaseLoader):
    """Reads YAML whose values are words as they are written; refuses what makes a short text a long one."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node that is no alias, and not too deep."""
        mark: yaml.Mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # as its stubs have it
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias, which we do not follow", problem_mark=mark)
        if self._depth >= _MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"more than {_MAX_DEPTH} levels", problem_mark=mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def plain_scalar(self, node: yaml.ScalarNode) -> str | None:
        """Read a value, which is nothing where it is written as nothing."""
        return None if node.style is None and node.value in _NOTHING else node.value


_PlainLoader.add_constructor("tag:yaml.org,2002:str", _PlainLoader.plain_scalar)


def _read_strictly(kind: str, load: Callable[[str], object], text: str) -> object:
    try:
        return load(text)
    except RecursionError:
        _refuse(kind, 1, "too many levels")
    except json.JSONDecodeError as error:
        _refuse(kind, error.lineno, error.msg)
    except ValueError as error:  # TOML's errors, and numbers of thousands of digits
        line = _LINE_OF_TOML.search(str(error))
        at_the_end = text.count("\n") + 1 if "end of document" in str(error) else 1
        _refuse(kind, int(line[1]) if line else at_the_end, _LINE_OF_TOML.sub("", str(error)).strip())


def _refuse(kind: str, line: int, problem: str) -> NoReturn:
    raise UnreadableFileError(f"The {kind} cannot be read at line {line}: {one_line(problem)[:200]}.")


def _refuse_large(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise UnreadableFileError(f"The fields have {len(text)} characters, the limit is {MAX_CHARACTERS}.")


def _mapping(fields: object, kind: str) -> dict[str, object]:
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise UnreadableFileError(f"The {kind} holds no names with values.")
    return {str(name).strip().lower(): value for name, value in fields.items()}
