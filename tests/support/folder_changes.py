"""The many ways in which a folder changes, and what a sync should make of each."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED

from tests.support.made_archives import PACKERS, tar_of, zip_of


@dataclass(frozen=True)
class Link:
    """A symbolic link, in place of a file's bytes."""

    to: str


@dataclass(frozen=True)
class Packed:
    """An archive of these files, in place of a file's bytes; a damaged one has lost its end."""

    files: "Mapping[str, bytes | Packed]"
    kind: str = "zip"
    damaged: bool = False


Files = Mapping[str, bytes | Link | Packed]


@dataclass(frozen=True)
class Way:
    """One way to change: the files before and after, and what is to be done with each document.

    Attributes:
        kept: documents that stay as they were, since what they came from cannot be read now.
    """

    title: str
    before: Files
    after: Files
    expected: Mapping[str, str]
    kept: tuple[str, ...] = ()


def words(about: str) -> bytes:
    """Write a document that no other one is like."""
    return f"# About {about}\n\nAll that is known of {about} stands in these words.\n".encode()


A, B, C = (words(letter) for letter in ("apples", "bread", "cheese"))
TWO: Mapping[str, bytes] = {"g/a.md": A, "b.md": B}
OTHER_TWO: Mapping[str, bytes] = {"g/a.md": A, "b.md": C}
CONTENTS: Mapping[str, bytes | Link | Packed] = {
    "A": A,
    "B": B,
    "C": C,
    "A+": A + b"More.",
    "A-crlf": A.replace(b"\n", b"\r\n"),
    "A-bom": b"\xef\xbb\xbf" + A,
    "blank": b" \n",
    "empty": b"",
    "title": b"title: Named beside\n",
    "other-title": b"title: New",
    "team": b'{"team": "x"}',
    "nothing": b"{}",
    "malformed": b"a: b: c",
    "zip": Packed(TWO),
    "zip-changed": Packed(OTHER_TWO),
    "zip-of-three": Packed({**TWO, "c.md": C}),
    "zip-of-b": Packed({"b.md": B}),
    "zip-of-c": Packed({"c.md": B}),
    "zip-stored": Packed(TWO, "stored zip"),
    "zip-cut": Packed(TWO, damaged=True),
    "zip-described": Packed({"b.md": B, "b.md.meta.yaml": b"title: Named beside\n"}),
    "tar": Packed(TWO, "tar"),
    "tar-changed": Packed(OTHER_TWO, "tar"),
    "nested": Packed({"z.zip": Packed(TWO)}),
    "nested-changed": Packed({"z.zip": Packed(OTHER_TWO)}),
    "no-nested": Packed({"z.zip": b"no"}),
    "to-a": Link("a.md"),
    "to-b": Link("b.md"),
    "up": Link(".."),
}

# Title | files before | files after | what is done with each document | documents that are kept.
_FILES = """
edited | a.md=A | a.md=B | a.md:changed
more-at-the-end | a.md=A | a.md=A+ | a.md:changed
other-line-ends | a.md=A | a.md=A-crlf | a.md:changed
marked-as-utf8 | a.md=A | a.md=A-bom | a.md:changed
touched | a.md=A | a.md=A | a.md:unchanged
new | - | a.md=A | a.md:added
new-in-new-folder | - | x/y/a.md=A | x/y/a.md:added
deleted | a.md=A b.md=B | b.md=B | a.md:deleted b.md:unchanged
folder-deleted | x/a.md=A x/b.md=B | - | x/a.md:deleted x/b.md:deleted
renamed | a.md=A | b.md=A | b.md:moved
case-changed | Plan.md=A | plan.md=A | plan.md:moved
accent-written-otherwise | ü.md=A | U+0308.md=A | U+0308.md:moved
renamed-as-text | a.md=A | a.txt=A | a.txt:moved
renamed-as-backup | a.md=A | a.md.bak=A | a.md:deleted
renamed-from-backup | a.md.bak=A | a.md=A | a.md:added
renamed-and-edited | a.md=A | b.md=B | a.md:deleted b.md:added
moved-down | a.md=A | x/a.md=A | x/a.md:moved
moved-up | x/y/a.md=A | a.md=A | a.md:moved
folder-renamed | x/a.md=A x/b.md=B | y/a.md=A y/b.md=B | y/a.md:moved y/b.md:moved
swapped | a.md=A b.md=B | a.md=B b.md=A | a.md:changed b.md:changed
renamed-and-replaced | a.md=A | a.md=B old.md=A | a.md:changed old.md:added
duplicated | a.md=A | a.md=A b.md=A | a.md:unchanged b.md:added
double-deleted | a.md=A b.md=A | a.md=A | a.md:unchanged b.md:deleted
double-renamed | a.md=A b.md=A | a.md=A c.md=A | a.md:unchanged c.md:moved
both-doubles-moved | a.md=A b.md=A | x/a.md=A x/b.md=A | x/a.md:moved x/b.md:moved
doubles-made-one | a.md=A b.md=A | c.md=A | c.md:moved b.md:deleted
emptied | a.md=A | a.md=blank | a.md:failed | a.md
filled | a.md=empty | a.md=A | a.md:added
hidden | a.md=A | .a.md=A | a.md:deleted
shown | .a.md=A | a.md=A | a.md:added
into-hidden-folder | a.md=A | .x/a.md=A | a.md:deleted
replaced-by-folder | a.md=A | a.md/b.md=B | a.md:deleted a.md/b.md:added
moved-into-folder-of-its-name | a.md=A | a.md/a.md=A | a.md/a.md:moved
folder-replaced-by-file | a.md/b.md=B | a.md=A | a.md/b.md:deleted a.md:added
sign-in-name | 100%_a.md=A 100xya.md=B | 100xya.md=B | 100%_a.md:deleted 100xya.md:unchanged
"""
_SIDECARS = """
described | r.md=A | r.md=A r.md.meta.yaml=title | r.md:changed
described-otherwise | r.md=A r.md.meta.yaml=title | r.md=A r.md.meta.yaml=other-title | r.md:changed
described-no-more | r.md=A r.md.meta.yaml=title | r.md=A | r.md:changed
described-as-before | r.md=A r.md.meta.yml=title | r.md=A r.md.meta.yml=title | r.md:unchanged
described-in-json | r.md=A r.md.meta.yaml=title | r.md=A r.md.meta.json=team | r.md:changed
described-badly | r.md=A | r.md=A r.md.meta.yaml=malformed | r.md:failed | r.md
described-twice | r.md=A | r.md=A r.md.meta.yaml=title r.md.meta.json=nothing | r.md:failed | r.md
moved-with-sidecar | r.md=A r.md.meta.yaml=title | x/r.md=A x/r.md.meta.yaml=title | x/r.md:moved
moved-undescribed | r.md=A r.md.meta.yaml=title | x/r.md=A r.md.meta.yaml=title | r.md:deleted x/r.md:added
sidecar-alone | r.md=A r.md.meta.yaml=title | r.md.meta.yaml=title | r.md:deleted
"""
_ARCHIVES = """
member-added | z.zip=zip | z.zip=zip-of-three | z.zip/g/a.md:unchanged z.zip/b.md:unchanged z.zip/c.md:added
member-changed | z.zip=zip | z.zip=zip-changed | z.zip/g/a.md:unchanged z.zip/b.md:changed
member-deleted | z.zip=zip | z.zip=zip-of-b | z.zip/g/a.md:deleted z.zip/b.md:unchanged
member-renamed | z.zip=zip-of-b | z.zip=zip-of-c | z.zip/c.md:moved
packed-otherwise | z.zip=zip | z.zip=zip-stored | z.zip/g/a.md:unchanged z.zip/b.md:unchanged
archive-renamed | z.zip=zip | y.zip=zip | y.zip/g/a.md:moved y.zip/b.md:moved
archive-deleted | z.zip=zip | - | z.zip/g/a.md:deleted z.zip/b.md:deleted
archive-unpacked | z.zip=zip | z/g/a.md=A z/b.md=B | z/g/a.md:moved z/b.md:moved
folder-packed | z/g/a.md=A z/b.md=B | z.zip=zip | z.zip/g/a.md:moved z.zip/b.md:moved
member-taken-out | z.zip=zip | z.zip=zip-of-b a.md=A | z.zip/b.md:unchanged a.md:moved
zip-made-tar | z.zip=zip | z.tar.gz=tar | z.tar.gz/g/a.md:moved z.tar.gz/b.md:moved
tar-member-changed | z.tgz=tar | z.tgz=tar-changed | z.tgz/g/a.md:unchanged z.tgz/b.md:changed
nested-changed | o.zip=nested | o.zip=nested-changed | o.zip/z.zip/g/a.md:unchanged o.zip/z.zip/b.md:changed
member-described | z.zip=zip-of-b | z.zip=zip-described | z.zip/b.md:changed
archive-damaged | z.zip=zip | z.zip=zip-cut | z.zip:failed | z.zip/g/a.md z.zip/b.md
nested-damaged | o.zip=nested | o.zip=no-nested | o.zip/z.zip:failed | o.zip/z.zip/g/a.md o.zip/z.zip/b.md
name-starts-alike | z.zip=zip-of-b z.zip.md=C | z.zip.md=C | z.zip/b.md:deleted z.zip.md:unchanged
"""
_LINKS = """
link-turned | a.md=A b.md=B l.md=to-a | a.md=A b.md=B l.md=to-b | a.md:unchanged b.md:unchanged l.md:changed
link-made-file | a.md=A l.md=to-a | a.md=A l.md=A | a.md:unchanged l.md:unchanged
link-broken | l.md=to-a a.md=A | l.md=to-a | l.md:failed a.md:deleted | l.md
linked-in-a-circle | x/a.md=A | x/a.md=A x/up=up | x/a.md:unchanged
"""


def _way(line: str) -> Way:
    title, before, after, expected, *kept = (part.split() for part in f"{line} ".split(" | "))
    return Way(title[0], _files(before), _files(after), dict(_pairs(expected, ":")), tuple(*kept))


def _files(written: Sequence[str]) -> Files:
    return {name: CONTENTS[content] for name, content in _pairs(written, "=")}


def _pairs(written: Sequence[str], sign: str) -> list[tuple[str, str]]:
    pairs = [one.rsplit(sign, 1) for one in written if one != "-"]
    return [(name.replace("U+0308", "u\u0308"), said) for name, said in pairs]


WAYS = tuple(
    _way(line) for text in (_FILES, _SIDECARS, _ARCHIVES, _LINKS) for line in text.split("\n") if line
)


def lay(folder: Path, files: Mapping[str, Files]) -> None:
    """Make the folder hold exactly these files, those of each way below its title."""
    shutil.rmtree(folder, ignore_errors=True)
    for title, named in files.items():
        for name, content in named.items():
            path = folder / title / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Link):
                path.symlink_to(content.to)
                continue
            path.write_bytes(_bytes_of(name, content, title))
            os.utime(path, (1_700_000_000, 1_700_000_000))


def _bytes_of(name: str, content: bytes | Packed, title: str) -> bytes:
    """Write a document so that it differs from those of the other ways."""
    if isinstance(content, Packed):
        members = {inner: _bytes_of(inner, held, title) for inner, held in content.files.items()}
        if content.kind == "tar":
            return PACKERS[".tar.gz"](tar_of(members))
        packed = zip_of(members, packed_by=ZIP_STORED if content.kind == "stored zip" else ZIP_DEFLATED)
        return packed[:-30] if content.damaged else packed
    is_document = name.endswith((".md", ".txt", ".bak"))
    return content + f"\nIn {title}.\n".encode() if is_document and content.strip() else content
