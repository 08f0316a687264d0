"""How does a document say that pages of it are pictures that nobody has read?"""

from typing import Final

from rag.domain.documents import ParsedDocument

ONE_UNREAD: Final = "holds an image without text and was not read."
SEVERAL_UNREAD: Final = "hold images without text and were not read."


def has_unread_pages(parsed: ParsedDocument) -> bool:
    """This will say whether text recognition may find more in it."""
    return any(note.endswith((ONE_UNREAD, SEVERAL_UNREAD)) for note in parsed.notes)
