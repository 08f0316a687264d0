"""How does a test get a PDF? It writes one, byte by byte."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import accumulate

from pypdf import PdfReader, PdfWriter


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    said: Mapping[str, str] | None = None,
    first_line_size: int = 10,
    outline: Sequence[tuple[str, int]] = (),
) -> bytes:
    """This will write a PDF of one column of lines a page, in Helvetica, 10 points high.

    `said` is what the file states of itself; `outline` holds titles with their page's index.
    """
    count = len(pages)
    first_outline = 5 + 2 * count
    kids = " ".join(f"{5 + 2 * index} 0 R" for index in range(count))
    catalog = "<< /Type /Catalog /Pages 2 0 R" + (f" /Outlines {first_outline} 0 R >>" if outline else " >>")
    stated = " ".join(f"/{name} ({value})" for name, value in (said or {}).items())
    objects = [
        catalog,
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< {stated} >>",
    ]
    for index, lines in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 700 800] /Contents {6 + 2 * index} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        drawn = _drawn(lines, first_line_size=first_line_size if index == 0 else 10)
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    objects.extend(_outline(outline, first=first_outline))
    return _file(objects)


def encrypted(content: bytes, *, user: str, owner: str = "owner") -> bytes:
    """This will encrypt a PDF; with an empty `user` password anybody may open it."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    writer.encrypt(user_password=user, owner_password=owner, algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _drawn(lines: Sequence[str], *, first_line_size: int) -> str:
    shown = []
    for index, line in enumerate(lines):
        size = first_line_size if index == 0 else 10
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        shown.append(f"BT /F1 {size} Tf 40 {760 - 14 * index} Td ({escaped}) Tj ET")
    return "\n".join(shown)


def _outline(outline: Sequence[tuple[str, int]], *, first: int) -> list[str]:
    if not outline:
        return []
    last = first + len(outline)
    entries = [f"<< /First {first + 1} 0 R /Last {last} 0 R /Count {len(outline)} >>"]
    for index, (title, page) in enumerate(outline, start=1):
        following = f" /Next {first + index + 1} 0 R" if index < len(outline) else ""
        entries.append(
            f"<< /Title ({title}) /Parent {first} 0 R /Dest [{5 + 2 * page} 0 R /Fit]{following} >>"
        )
    return entries


def _file(objects: Sequence[str]) -> bytes:
    head = b"%PDF-1.4\n"
    bodies = [f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252") for number, body in enumerate(objects, 1)]
    places = list(accumulate(map(len, bodies), initial=len(head)))
    table = "".join(f"{place:010d} 00000 n \n" for place in places[:-1])
    tail = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{places[-1]}\n%%EOF\n"
    )
    return head + b"".join(bodies) + tail.encode()
