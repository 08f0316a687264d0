"""How does an office file with small faults become one that its library can open?"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from docx.oxml.parser import parse_xml

from rag.adapters.parsers.cleaning import one_line
from rag.adapters.parsers.office_unpacking import packed, unpacked
from rag.ports.parsing import UnreadableFileError

_CONTENT_TYPES: Final = "[Content_Types].xml"
# ISO 29500 "strict" files differ from all others in the names of their namespaces only.
_STRICT: Final = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_TRANSITIONAL: Final = rb"http://schemas.openxmlformats.org/\1/2006/\2"
# Templates, slide shows and files with macros hold the same XML under other names.
_MAIN_TYPES: Final = (
    (
        re.compile(
            rb"application/vnd\.(?:ms-word\.(?:document|template)\.macroEnabled(?:Template)?"
            rb"|openxmlformats-officedocument\.wordprocessingml\.template)\.main\+xml"
        ),
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    ),
    (
        re.compile(
            rb"application/vnd\.(?:ms-powerpoint\.(?:presentation|template|slideshow)\.macroEnabled"
            rb"|openxmlformats-officedocument\.presentationml\.(?:template|slideshow))\.main\+xml"
        ),
        b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    ),
)
_RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"


def damage(kind: str, error: Exception, noted: Sequence[str]) -> UnreadableFileError:
    """This will say why a file of this kind cannot be opened: what was noted of its parts, else the error."""
    reason = one_line(str(error)).strip("'\"").rstrip(".")
    return UnreadableFileError(f"The {kind} is damaged: {' '.join(noted) or reason + '.'}")


@dataclass(frozen=True, slots=True)
class OfficePackage:
    """A file that can be opened, its parts, and a sentence on each part that was beyond help."""

    content: bytes
    parts: Mapping[str, bytes]
    notes: tuple[str, ...]


def mended(content: bytes) -> OfficePackage:
    """This will unpack a file safely, leave out parts that are no XML and references to what is not there.

    Raises:
        FileTooLargeError, EncryptedFileError, UnreadableFileError: see `unpacked`.
    """
    found = unpacked(content)
    parts: dict[str, bytes] = {}
    notes = [f"The part {name} is damaged and was not read." for name in found.damaged]
    for name, part in found.parts.items():
        known = _as_usual(name, part)
        fault = _fault_of(known)
        if fault is None:
            parts[name] = known
        else:
            notes.append(f"The part {name} is damaged and was not read: {fault}")
    for name in [name for name in parts if name.endswith(".rels")]:
        parts[name] = _without_dangling(name, parts)
    return OfficePackage(content=packed(parts), parts=parts, notes=tuple(notes))


def _as_usual(name: str, part: bytes) -> bytes:
    part = _STRICT.sub(_TRANSITIONAL, part)
    if name.lower() == _CONTENT_TYPES.lower():
        for pattern, usual in _MAIN_TYPES:
            part = pattern.sub(usual, part)
    return part


def _fault_of(part: bytes) -> str | None:
    """Say what keeps `part` from being XML, if anything does."""
    try:
        parse_xml(part)
    except (SyntaxError, ValueError) as error:  # the XML library's errors are syntax errors
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        return one_line(said).rstrip(".") + "."
    return None


def _without_dangling(name: str, parts: dict[str, bytes]) -> bytes:
    """Give the relationships of a part without those to parts that are missing or that we left packed."""
    folder = posixpath.dirname(posixpath.dirname(name))
    by_lower_name = {known.lower(): known for known in parts}
    kept: list[str] = []
    for relation in parse_xml(parts[name]):
        stated = {key: str(relation.get(key) or "") for key in ("Id", "Type", "Target", "TargetMode")}
        if stated["TargetMode"] != "External":
            target = posixpath.normpath(posixpath.join("/", folder, stated["Target"])).lstrip("/")
            known = by_lower_name.get(target.lower())
            if known is None:
                continue
            parts.setdefault(target, parts[known])
        kept.append(_relationship(stated))
    return f'<Relationships xmlns="{_RELATIONSHIPS}">{"".join(kept)}</Relationships>'.encode()


def _relationship(stated: Mapping[str, str]) -> str:
    attributes = (f'{key}="{_escaped(value)}"' for key, value in stated.items() if value)
    return f"<Relationship {' '.join(attributes)}/>"


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
