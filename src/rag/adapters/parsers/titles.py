"""Is what a file says it is called a title, or what a program wrote for want of one?"""

import re
from typing import Final

from rag.adapters.parsers.cleaning import one_line

MAX_TITLE_CHARACTERS: Final = 200
_A_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_A_FILE_NAME: Final = re.compile(
    r"^(?:[a-z]:\\|/|file:)|\.(?:docx?|pdf|tex|dvi|indd|qxd|xlsx?|pptx?|odt|rtf|html?|p65|fm|jpe?g|png|tiff?|gif)$",
    re.IGNORECASE,
)
_A_PLACEHOLDER: Final = re.compile(
    r"^(?:untitled|microsoft word|title|document\s?\d*|slide \d+)\b", re.IGNORECASE
)


def sane_title(stated: str) -> str | None:
    """This will give the title that the file states of itself, unless a program wrote it for want of one.

    >>> sane_title("Annual report 2022"), sane_title("0000320193-23-000077"), sane_title("draft_v2.docx")
    ('Annual report 2022', None, None)
    """
    title = one_line(stated)
    if not title or len(title) > MAX_TITLE_CHARACTERS or _A_WORD.search(title) is None:
        return None
    if _A_FILE_NAME.search(title) or _A_PLACEHOLDER.match(title):
        return None
    return title
