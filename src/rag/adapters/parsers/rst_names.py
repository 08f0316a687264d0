"""What does a role or directive mean that a program on top of reStructuredText has brought along?

The library loses the text under a name that it does not know. So every name in a file is made known, with the
meaning that keeps its words; names that would open files, run code or print markup are given none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, cast

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.states import Inliner
from docutils.utils import unescape

_MOST_NAMES: Final = 1000
_ROLE: Final = re.compile(r":([\w:.+-]{1,60}):`|`:([\w:.+-]{1,60}):")
_DIRECTIVE: Final = re.compile(r"\.\.[ \t]{1,8}(?:\|[^|\n]{1,100}\|[ \t]{1,8})?([\w:.+-]{1,60}) ?::")
_WITH_TITLE: Final = re.compile(r"(.+?)\s*<[^<>]+>", re.DOTALL)
_OWN_ROLES: Final = frozenset(
    {
        "emphasis",
        "strong",
        "literal",
        "subscript",
        "sub",
        "superscript",
        "sup",
        "title-reference",
        "title",
        "t",
    }
    | {"pep-reference", "pep", "rfc-reference", "rfc"}
)
_OWN_DIRECTIVES: Final = frozenset(
    {"attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning", "admonition"}
    | {"topic", "sidebar", "line-block", "parsed-literal", "rubric", "epigraph", "highlights", "pull-quote"}
    | {
        "compound",
        "table",
        "csv-table",
        "list-table",
        "image",
        "figure",
        "meta",
        "replace",
        "unicode",
        "title",
    }
)
_LABELS: Final = frozenset({"ref", "numref", "std:ref", "any"})
_LEADS: Final = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "versionremoved": "Removed in version",
    "deprecated": "Deprecated since version",
    "seealso": "See also:",
    "todo": "To do:",
}
_SILENT: Final = frozenset(
    {"index", "contents", "sectnum", "section-numbering", "target-notes", "role", "default-role", "highlight"}
    | {"toctree", "currentmodule", "py:currentmodule", "date", "raw", "header", "footer", "tabularcolumns"}
)
_FROM_ELSEWHERE: Final = frozenset({"include", "literalinclude", "mdinclude"})
_CODE: Final = frozenset(
    {"code", "code-block", "sourcecode", "doctest", "testcode", "testoutput", "testsetup", "productionlist"}
    | {"math", "graphviz", "digraph", "graph", "mermaid", "uml", "prompt", "ipython"}
)
_FOR_LAYOUT: Final = frozenset(
    {
        "class",
        "rst-class",
        "cssclass",
        "container",
        "only",
        "ifconfig",
        "hlist",
        "glossary",
        "tabs",
        "tab-set",
    }
    | {"grid", "centered"}
)


class left_out(nodes.Element):  # noqa: N801  # nodes of the library's trees are named like this
    """Stands where something is missing; `note` says what."""


def know_all_names(text: str) -> None:
    """This will make every role and directive that `text` names known to the library."""
    for found in list({one for pair in _ROLE.findall(text) for one in pair if one})[:_MOST_NAMES]:
        if found.lower() not in _OWN_ROLES:
            roles.register_local_role(found, _keep_words)  # type: ignore[arg-type]  # its stubs want references
    for found in list(set(_DIRECTIVE.findall(text)))[:_MOST_NAMES]:
        name = found.lower()
        if name not in _OWN_DIRECTIVES:
            directives.register_directive(name, _meaning_of(name))


def _keep_words(
    name: str,
    rawtext: str,
    text: str,
    _lineno: int,
    _inliner: Inliner,
    _options: Mapping[str, object] | None = None,
    _content: Sequence[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Keep what a reader of the finished page would see of a role."""
    if name.lower().startswith("raw"):
        return [], []
    words = unescape(text)
    titled = _WITH_TITLE.fullmatch(words)
    if titled is not None:
        return [nodes.inline(rawtext, titled[1])], []
    if name.lower() in _LABELS:
        return [nodes.inline(rawtext, words, label=words.lower())], []
    words = words.removeprefix("!")
    return [nodes.inline(rawtext, words.rpartition(".")[2] if words.startswith("~") else words)], []


def _meaning_of(name: str) -> type[Directive]:
    if name in _SILENT:
        return _Silent
    if name in _FROM_ELSEWHERE or name.startswith("auto"):
        return _FromElsewhere
    if name in _CODE:
        return _Code
    if name in _LEADS:
        return _Prose
    return _Content if name in _FOR_LAYOUT else _Described


class _AnyOption(dict[str, Callable[[str], str]]):
    """Takes every option there is."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[[str], str]:
        return directives.unchanged


class _Permissive(Directive):
    """Takes every argument, every option and every content."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = _AnyOption()

    @property
    def argument(self) -> str:
        """What stands behind the name."""
        return self.arguments[0] if self.arguments else ""

    def titles(self) -> list[nodes.Node]:
        """Give what the options say to a reader."""
        said = (self.options.get(name) for name in ("caption", "title", "synopsis"))
        return [nodes.paragraph("", "", nodes.Text(one)) for one in said if one]

    def inside(self) -> list[nodes.Node]:
        """Read the content."""
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return [holder]


class _Silent(_Permissive):
    """Tells a program what to do, and a reader nothing."""

    def run(self) -> list[nodes.Node]:
        """Leave it out."""
        return []


class _FromElsewhere(_Permissive):
    """Would bring text from a file, or from a program."""

    def run(self) -> list[nodes.Node]:
        """Note that it is missing; what stands below it is kept."""
        what = " ".join(self.argument.split())[:200]
        note = f"What the directive {self.name} would bring from {what or 'elsewhere'} was not read."
        return [left_out(note=note), *self.titles(), *(self.inside() if self.content else [])]


class _Code(_Permissive):
    """Shows its content as it is written."""

    def run(self) -> list[nodes.Node]:
        """Keep every line; only behind some names the argument is more than the language's name."""
        lines = "\n".join(self.content)
        if self.name.lower() in {"math", "productionlist"}:
            lines = f"{self.argument}\n{lines}".strip("\n")
        return [*self.titles(), *([nodes.literal_block(lines, lines)] if lines.strip() else [])]


class _Content(_Permissive):
    """Arranges its content."""

    def run(self) -> list[nodes.Node]:
        """Keep the content; only a line that is to be centred is the argument itself."""
        if self.name.lower() == "centered":
            return [nodes.paragraph("", "", nodes.Text(self.argument))]
        return [*self.titles(), *self.inside()]


class _Prose(_Permissive):
    """Says something of a version, or where to read on."""

    def run(self) -> list[nodes.Node]:
        """Write the words that the finished page would have in front."""
        lead, words = _LEADS[self.name.lower()], self.argument
        if not lead.endswith(":"):
            version, _, words = words.partition(" " if " " in words.split("\n")[0] else "\n")
            lead = f"{lead} {version}:" if words.strip() or self.content else f"{lead} {version}."
        said, messages = self.state.inline_text(words.strip(), self.lineno)
        paragraph = nodes.paragraph("", "", nodes.Text(f"{lead} "), *said)
        return [paragraph, *cast("list[nodes.Node]", messages), *self.inside()]


class _Described(_Permissive):
    """Describes a thing whose name or signature is the argument; so is the title of a thing unknown to us."""

    def run(self) -> list[nodes.Node]:
        """Write the argument as it stands, since a star in a signature marks no emphasis."""
        lines = [line.strip() for line in self.argument.split("\n") if line.strip()]
        named = [nodes.line_block("", *(nodes.line("", line) for line in lines))] if lines else []
        return [*named, *self.titles(), *self.inside()]
