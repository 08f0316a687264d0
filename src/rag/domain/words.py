"""Which words does a text have, and how many?"""

import re
from typing import Final

LETTERS_A_SPACELESS_WORD: Final = 2

# Thai, Lao, Khmer, Burmese, Chinese and Japanese put no spaces between words.
_SPACELESS: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")

# A word of letters between spaces, perhaps hyphenated, perhaps with punctuation around it.
_WORD: Final = re.compile(r"(?<!\S)[^\w\s]*[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*[^\w\s]*(?!\S)")


def count_words(text: str) -> int:
    """Count words of letters alone: commands, numbers and symbols are none.

    >>> count_words("RAG_CHUNK_SIZE=160 ./rag ingest docs/*.md"), count_words("Water boils at 100 degrees.")
    (2, 4)
    >>> count_words("默认的分块最多有两百个词元")
    6
    """
    spaceless = len(_SPACELESS.findall(text))
    return spaceless // LETTERS_A_SPACELESS_WORD + len(_WORD.findall(_SPACELESS.sub(" ", text)))


def folded(text: str) -> str:
    r"""Write all white space as single spaces.

    >>> folded(" a\n  b ")
    'a b'
    """
    return " ".join(text.split())
