"""Office files that tests write themselves, part by part."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from xml.sax.saxutils import escape

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "v": "urn:schemas-microsoft-com:vml",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    }.items()
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """Pack parts into a ZIP file."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """Give the parts of a ZIP file, to be changed and packed again."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def relationships(targets: Mapping[str, str]) -> str:
    """Write relationships: the last part of each one's type, and its target."""
    lines = "".join(
        f'<Relationship Id="rId{count}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for count, (kind, target) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'


def content_types(overrides: Mapping[str, str]) -> str:
    """Write the list of what each part is."""
    lines = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides.items()
    )
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{lines}</Types>"
    )


def word(body: str, **named: str) -> bytes:
    """Write a Word document: the XML of its body, and that of its `styles`, `numbering`, `footnotes`, …."""
    kinds = {f"word/{name}.xml": f"{WORD_TYPE}.{name}+xml" for name in named}
    return zipped(
        {
            "[Content_Types].xml": content_types(
                {"word/document.xml": f"{WORD_TYPE}.document.main+xml", **kinds}
            ),
            "_rels/.rels": relationships({"officeDocument": "word/document.xml"}),
            "word/_rels/document.xml.rels": relationships({name: f"{name}.xml" for name in named}),
            "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
            **{
                f"word/{name}.xml": f"<w:{name} {NAMESPACES}>{part}</w:{name}>"
                for name, part in named.items()
            },
        }
    )


def paragraph(text: str, properties: str = "") -> str:
    """Write a paragraph of a Word document."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def cells(*rows: str) -> str:
    """Write a table of a Word document from its rows' XML."""
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(content: str, properties: str = "") -> str:
    """Write a cell of a table from the XML of its content."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def workbook(sheets: Mapping[str, str], *, hidden: str = "") -> bytes:
    """Write a workbook: each sheet's name and the XML of its rows."""
    states = ("visible", "hidden")
    listed = "".join(
        f'<sheet name="{name}" sheetId="{count}" state="{states[name == hidden]}" r:id="rId{count}"/>'
        for count, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{count}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{count}.xml"/>'
        for count in range(1, len(sheets) + 1)
    )
    linked = f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'
    main = f'xmlns="{SHEET_NAMESPACE}"'
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs>'
    return zipped(
        {
            "[Content_Types].xml": content_types({"xl/workbook.xml": f"{SHEET_TYPE}.sheet.main+xml"}),
            "_rels/.rels": relationships({"officeDocument": "xl/workbook.xml"}),
            "xl/workbook.xml": f"<workbook {main} {NAMESPACES}><sheets>{listed}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": linked,
            "xl/styles.xml": f"<styleSheet {main}>{styles}</styleSheet>",
            **{
                f"xl/worksheets/sheet{n}.xml": f"<worksheet {main}><sheetData>{one}</sheetData></worksheet>"
                for n, one in enumerate(sheets.values(), start=1)
            },
        }
    )


def sheet_row(number: int, *values: str | float | None, style: int = 0) -> str:
    """Write a row of a sheet; None leaves a cell out, and `style` 1 and 2 show figures as dates."""
    written: list[str] = []
    for place, value in enumerate(values):
        where = f'r="{chr(65 + place)}{number}"'
        if isinstance(value, str):
            written.append(f'<c {where} t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        elif value is not None:
            written.append(f'<c {where} s="{style}"><v>{value}</v></c>')
    return f'<row r="{number}">{"".join(written)}</row>'


def ole(streams: Mapping[str, bytes]) -> bytes:
    """Write an OLE container of few streams (MS-CFB, version 3), each padded to sectors of 512 bytes.

    Streams are padded to 4096 bytes at least, since shorter ones would be kept in another way.
    """
    end, free, table_mark = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [table_mark, end]
    bodies = b""
    entries = [_ole_entry("Root Entry", kind=5, start=end, size=0, child=1)]
    for count, (name, stream) in enumerate(streams.items(), start=1):
        sectors = max(-(-len(stream) // 512), 8)
        start = len(chain)
        chain += [*range(start + 1, start + sectors), end]
        bodies += stream.ljust(sectors * 512, b"\0")
        sibling = count + 1 if count < len(streams) else free
        entries.append(_ole_entry(name, kind=2, start=start, size=sectors * 512, sibling=sibling))
    directory = b"".join(entries).ljust(512, b"\0")
    table = b"".join(number.to_bytes(4, "little") for number in chain).ljust(512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + bytes.fromhex("3e000300feff09000600")
    numbers = (0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    header = header.ljust(40, b"\0") + b"".join(number.to_bytes(4, "little") for number in numbers)
    return header.ljust(512, b"\xff") + table + directory + bodies


def _ole_entry(name: str, *, kind: int, start: int, size: int, **near: int) -> bytes:
    free = 0xFFFFFFFF
    written = (name + "\0").encode("utf-16-le")
    places = (free, near.get("sibling", free), near.get("child", free))
    entry = written.ljust(64, b"\0") + len(written).to_bytes(2, "little") + bytes([kind, 1])
    entry += b"".join(place.to_bytes(4, "little") for place in places)
    return entry.ljust(116, b"\0") + start.to_bytes(4, "little") + size.to_bytes(8, "little")
