"""What does a question mean that leans on those before it?"""

import re
from collections.abc import Sequence
from typing import Final

from rag.domain.question import MAX_QUESTION_CHARACTERS

# Words that stand for something said before, and words that go on with it, in the languages that most
# questions here are in. Words that are articles or conjunctions as well are left out.
_STANDS_FOR: Final = re.compile(
    r"\b("
    r"it|its|they|them|their|theirs|that|those|these|this|there|he|him|his|she|her|hers|one|ones"
    r"|same|er|ihn|ihm|ihr|ihnen|dessen|deren|dies|dieser|dieses|diese|jener|davon|dazu|damit"
    r"|dabei|daran|dort|ello|ella|ellos|ellas|lo|eso|esto|esos|esa|aquello|allí|celui|celle|ceux"
    r"|cela|ça|ceci|lui|leur|leurs"
    r")\b",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(
    r"^(and|or|but|also|so|then|what about|how about|what if|why|und|oder|aber|warum|wieso|was ist mit|"
    r"y|o|pero|también|por qué|et|ou|mais|aussi|pourquoi)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"\w+")
_FEW_WORDS: Final = 2


def leans_on_earlier(text: str) -> bool:
    """Tell a question that cannot be understood alone.

    >>> leans_on_earlier("And where is it kept?"), leans_on_earlier("why?")
    (True, True)
    >>> leans_on_earlier("Where are backups of the database kept?")
    False
    """
    return (
        len(_WORD.findall(text)) <= _FEW_WORDS
        or _GOES_ON.match(text) is not None
        or _STANDS_FOR.search(text) is not None
    )


def stand_alone(text: str, earlier: Sequence[str]) -> str:
    """Put before a question that leans on earlier ones what it leans on.

    Args:
        text: the question.
        earlier: the questions of its session before it, oldest first.

    >>> stand_alone("And how long are they kept?", ["Where are backups?"])
    'Where are backups? And how long are they kept?'
    >>> stand_alone("Who signs contracts?", ["Where are backups?"])
    'Who signs contracts?'
    """
    if not earlier or not leans_on_earlier(text):
        return text
    before = stand_alone(earlier[-1], earlier[:-1])
    whole = f"{before} {text}"
    return whole if len(whole) <= MAX_QUESTION_CHARACTERS else text
