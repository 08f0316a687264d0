"""What parts does an office file hold, and is it safe to unpack them?

Nothing but what this module unpacked and measured is ever given to a library that reads office files.
"""

import copy
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from rag.adapters.parsers.office_container import opened, plain_name
from rag.ports.parsing import EncryptedFileError, FileTooLargeError, UnreadableFileError

MAX_UNPACKED_BYTES: Final = 256 * 2**20
_SUSPECT_BYTES: Final = 10 * 2**20
_SUSPECT_RATIO: Final = 200  # ordinary XML packs to a tenth, and seldom to less than a fiftieth
_PIECE_BYTES: Final = 256 * 1024
# Pictures, fonts and embedded files stay packed: nobody reads them.
_READ_SUFFIXES: Final = frozenset({".xml", ".rels", ".psmdcp"})
_ENCRYPTED_FLAG: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What the ZIP library lets through where bytes are not as it expects.
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
_DOCUMENT_TYPES: Final = tuple(
    "<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)


@dataclass(frozen=True, slots=True)
class OfficeParts:
    """The unpacked parts by their names, and the names of those whose bytes are damaged."""

    parts: Mapping[str, bytes]
    damaged: Sequence[str]


def unpacked(content: bytes, *, also: frozenset[str] = frozenset()) -> OfficeParts:
    """This will unpack the XML of an office file, and parts of the suffixes `also`.

    Sizes are measured and not believed: every part is unpacked once in pieces that are thrown away.

    Raises:
        FileTooLargeError: it unpacks to more than we read, or was made to fill the memory.
        EncryptedFileError: a part wants a password.
        UnreadableFileError: the file is damaged, or a part declares a document type.
    """
    with opened(content) as archive:
        suffixes = _READ_SUFFIXES | also
        _refuse_stated_sizes(archive.infolist())
        chosen = {plain_name(info.filename): info for info in archive.infolist() if _is_read(info, suffixes)}
        damaged = _measure(archive, chosen)
        parts = {
            name: b"".join(_pieces(archive, info)) for name, info in chosen.items() if name not in damaged
        }
    for name, part in parts.items():
        if _suffix(name) not in also:
            _refuse_document_type(name, part)
    return OfficeParts(parts=parts, damaged=damaged)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """This will put parts into a new ZIP file, without compression."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return target.getvalue()


def _is_read(info: zipfile.ZipInfo, suffixes: frozenset[str]) -> bool:
    name = plain_name(info.filename)
    return not info.is_dir() and ".." not in name.split("/") and _suffix(name) in suffixes


def _suffix(name: str) -> str:
    """Give the end of a part's name from its last dot on; `.rels` is all suffix."""
    return "." + name.rpartition(".")[2].lower()


def _refuse_stated_sizes(infos: Sequence[zipfile.ZipInfo]) -> None:
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise _too_large()
    for info in infos:
        _refuse_ratio(info, info.file_size)


def _refuse_ratio(info: zipfile.ZipInfo, size: int) -> None:
    if size > _SUSPECT_BYTES and size > _SUSPECT_RATIO * max(info.compress_size, 1):
        raise FileTooLargeError(
            f"The file unpacks to more than {_SUSPECT_RATIO} times its size, "
            "as files do that are made to fill a memory."
        )


def _too_large() -> FileTooLargeError:
    return FileTooLargeError(f"The file unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB.")


def _measure(archive: zipfile.ZipFile, chosen: Mapping[str, zipfile.ZipInfo]) -> list[str]:
    """Unpack every part without keeping it; give the names of those that cannot be unpacked."""
    total = 0
    damaged: list[str] = []
    for name, info in chosen.items():
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise EncryptedFileError("The file wants a password.")
        size = 0
        try:
            for piece in _pieces(archive, info):
                size += len(piece)
                _refuse_ratio(info, size)
                if total + size > MAX_UNPACKED_BYTES:
                    raise _too_large()
        except _DAMAGE:
            damaged.append(name)
        total += size
    return damaged


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    if info.compress_type not in _METHODS:
        raise zipfile.BadZipFile("packed in a way that office files do not use")
    # The library stops at the size that the file states; with the largest it goes on to the true end.
    whole = copy.copy(info)
    whole.file_size = MAX_UNPACKED_BYTES + 1
    with archive.open(whole) as part:
        while piece := part.read(_PIECE_BYTES):
            yield piece


def _refuse_document_type(name: str, part: bytes) -> None:
    if any(mark in part for mark in _DOCUMENT_TYPES):
        raise UnreadableFileError(
            f"Its part {PurePosixPath(name).name} declares a document type, by which XML can reach for other "
            "files or grow without end; no office program writes one."
        )
