"""How do we say what of an office file was not read?"""

from collections.abc import Mapping

from rag.domain.documents import ParsedDocument
from rag.ports.parsing import EmptyDocumentError, ScanWithoutTextError, UnreadableFileError


def left_out(counts: Mapping[str, int]) -> tuple[str, ...]:
    """This will write a sentence on each kind of thing that was left out.

    >>> left_out({"image": 3, "chart": 1, "diagram": 0})
    ('3 images were not read.', '1 chart was not read.')
    """
    return tuple(
        f"1 {kind} was not read." if count == 1 else f"{count} {kind}s were not read."
        for kind, count in counts.items()
        if count
    )


def refuse_without_text(parsed: ParsedDocument, *, images: int = 0) -> ParsedDocument:
    """This will give `parsed` back if it holds any text, or if nothing of it was left out.

    Raises:
        ScanWithoutTextError: it holds images alone.
        EmptyDocumentError: whatever it holds was left out.
        UnreadableFileError: whatever it holds is damaged.
    """
    if parsed.text.strip() or not parsed.notes:
        return parsed
    if any(" damaged" in note or " could not be read" in note for note in parsed.notes):
        raise UnreadableFileError(" ".join(parsed.notes))
    if images:
        held = "1 image" if images == 1 else f"{images} images"
        raise ScanWithoutTextError(f"The file holds {held} and no text.")
    raise EmptyDocumentError(" ".join(["The file holds no text.", *parsed.notes]))
