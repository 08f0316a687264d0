"""Archives that tests make: of a few documents, and those that were made to exhaust a machine."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from rag.ports.files import SourceFile

MIB = 2**20
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tgz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}


def zip_of(files: Mapping[str, bytes], *, packed_by: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a ZIP."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed_by) as made:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            info.external_attr = 0o100644 << 16
            made.writestr(info, content, packed_by, compresslevel=1)
    return stream.getvalue()


def tar_of(files: Mapping[str, bytes | tarfile.TarInfo]) -> bytes:
    """Make a tar; an entry's header may be given in place of its bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                made.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000
            made.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def archive_file(name: str, content: bytes) -> SourceFile:
    """Name an archive that lies in memory."""
    return SourceFile(source=name, place=f"/docs/{name}", file_path=f"/docs/{name}", read=lambda: content)


def with_stated_size(archive: bytes, *, size: int) -> bytes:
    """Let every entry of a ZIP state another size than it unpacks to."""
    changed = bytearray(archive)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = changed.find(signature)
        while at >= 0:
            struct.pack_into("<I", changed, at + offset, size)
            at = changed.find(signature, at + 4)
    return bytes(changed)


def overlapping(copies: int) -> bytes:
    """Let many entries of a ZIP share one packed file of a megabyte."""
    content = b"word " * 200_000
    single = zip_of({"a.md": content})
    directory = single.index(b"PK\x01\x02")
    entry = single[directory : single.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"a.md", b"%04d" % number) for number in range(copies))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, copies, copies, len(entries), directory, 0)
    return single[:directory] + entries + end


def many_entries(count: int) -> bytes:
    """Make a ZIP with many empty documents."""
    return zip_of({f"{number}.md": b"" for number in range(count)}, packed_by=zipfile.ZIP_STORED)


def nested_zeros(levels: int, *, wide: int = 16) -> bytes:
    """Make a ZIP like 42.zip: each of its ZIPs holds ZIPs, and the innermost hold a megabyte of zeros."""
    content, name = bytes(MIB), "zeros.md"
    for _ in range(levels):
        content = zip_of({f"{number}-{name}": content for number in range(wide)})
        name = "more.zip"
    return content


def zeros_in_tar_gz(path: Path, *, gigabytes: int) -> None:
    """Write a tar.gz that unpacks to one file of zeros."""
    info = tarfile.TarInfo("zeros.md")
    info.size = gigabytes * 2**30
    packer = zlib.compressobj(1, wbits=31)
    mebibytes = bytes(16 * MIB)
    with path.open("wb") as stream:
        stream.write(packer.compress(info.tobuf(tarfile.GNU_FORMAT)))
        stream.write(packer.flush(zlib.Z_FULL_FLUSH))
        # After a full flush, the same input is packed to the same bytes again.
        packed = packer.compress(mebibytes) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(info.size // len(mebibytes)):
            stream.write(packed)
        # The sum at its end is wrong, but nobody should come that far.
        stream.write(packer.flush())


def _written(make: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(make())


BOMBS: Mapping[str, Callable[[Path], object]] = {
    "zeros-10-gb.tar.gz": lambda path: zeros_in_tar_gz(path, gigabytes=10),
    "zeros.tar.xz": _written(lambda: lzma.compress(bytes(64 * MIB), preset=0)),
    "zeros.tar.bz2": _written(lambda: bz2.compress(bytes(64 * MIB))),
    "zeros.zip": _written(lambda: zip_of({"a.md": bytes(60 * MIB)})),
    "zeros-in-many.zip": _written(lambda: zip_of({f"{n}.md": bytes(9 * MIB) for n in range(60)})),
    "zeros-below-each-limit.zip": _written(lambda: zip_of({f"{n}.md": bytes(10 * MIB) for n in range(48)})),
    "like-42.zip": _written(lambda: nested_zeros(3)),
    "overlapping.zip": _written(lambda: overlapping(2000)),
    "lying.zip": _written(lambda: with_stated_size(zip_of({"a.md": bytes(60 * MIB)}), size=100)),
    "entries-100000.zip": _written(lambda: many_entries(100_000)),
    "entries-20000.tar": _written(lambda: tar_of({f"{n}.md": b"" for n in range(20_000)})),
    "streams-of-nothing.tgz": _written(lambda: gzip.compress(b"") * 1_000_000),
    "streams-of-nothing.tar.bz2": _written(lambda: bz2.compress(b"") * 1_000_000),
}
