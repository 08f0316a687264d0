"""What do tests look at in a document that was read?"""

from rag.domain.documents import ParsedDocument


def headings_of(parsed: ParsedDocument) -> list[tuple[int, str]]:
    """List levels and titles, after a look at the offsets: each must point at its title."""
    for heading in parsed.headings:
        assert parsed.text.startswith(heading.title, heading.start)
    return [(heading.level, heading.title) for heading in parsed.headings]


def unbroken_of(parsed: ParsedDocument) -> list[str]:
    """List the spans that must not be cut."""
    return [parsed.text[start:end] for start, end in parsed.unbroken]
