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
    return written(objects)


def placed_pdf(pieces: Sequence[tuple[float, float, str]], *, size: int = 10) -> bytes:
    """This will write a PDF of one page, with text at places (points from the left and the bottom)."""
    drawn = "\n".join(
        f"BT /F1 {size} Tf {left} {up} Td ({_escaped(text)}) Tj ET" for left, up, text in pieces
    )
    return one_page(drawn.encode("cp1252"))


def one_page(
    drawn: bytes, *, said: str = "", page: str = "", catalog: str = "", more: Sequence[str | bytes] = ()
) -> bytes:
    """This will write a PDF of one page that `drawn`, a content stream, draws; `more` objects count from 6.

    `said` goes into the dictionary of the content stream, `page` and `catalog` into those of these names.
    """
    return written(
        [
            f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
            "<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            stream(drawn, said=said),
            (
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 700 800] /Contents 4 0 R "
                f"/Resources << /Font << /F1 3 0 R >> /XObject << /Im1 6 0 R >> >> {page} >>"
            ),
            *more,
        ],
        named="",
    )


def stream(content: bytes, *, said: str = "") -> bytes:
    """This will write a stream, with entries of its dictionary besides its length."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (said.encode(), len(content), content)


def grey_image(width: int, height: int, dots: bytes, *, said: str = "") -> bytes:
    """This will write an image of a byte a dot, as an object of a PDF."""
    return stream(
        dots,
        said=f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
        f"/ColorSpace /DeviceGray /BitsPerComponent 8 {said}",
    )


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
        shown.append(f"BT /F1 {size} Tf 40 {760 - 14 * index} Td ({_escaped(line)}) Tj ET")
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


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def written(objects: Sequence[str | bytes], *, named: str = "/Info 4 0 R") -> bytes:
    """This will write a file of objects, numbered from 1, the first of which is the catalogue."""
    head = b"%PDF-1.4\n"
    bodies = [
        b"%d 0 obj\n%s\nendobj\n" % (number, body if isinstance(body, bytes) else body.encode("cp1252"))
        for number, body in enumerate(objects, 1)
    ]
    places = list(accumulate(map(len, bodies), initial=len(head)))
    table = "".join(f"{place:010d} 00000 n \n" for place in places[:-1])
    tail = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {named} >>\nstartxref\n{places[-1]}\n%%EOF\n"
    )
    return head + b"".join(bodies) + tail.encode()
