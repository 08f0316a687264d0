"""In which language is a text written?"""

import re
from functools import cache
from threading import Lock
from typing import Final, Protocol, cast

from rag.adapters.parsers.described import primary_tag

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_FEWEST_LETTERS: Final = 40
_CERTAIN: Final = 0.8
_FROM_THE_START: Final = 5_000  # characters, which hold some 4,000 letters
_FROM_THE_MIDDLE: Final = 2_500
_LOADING: Final = Lock()


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]:
        """Give the likeliest language and its probability."""


def language_of(text: str) -> str | None:
    """This will guess the language of `text`, as a primary tag of BCP 47; None where it is short or unsure.

    The first call of a process loads a model (half a second, 80 MB); each takes some milliseconds.
    """
    sample = _sample(text)
    if sum(map(len, _LETTERS.findall(sample))) < _FEWEST_LETTERS:
        return None
    with _LOADING:
        identifier = _identifier()
    guessed, probability = identifier.classify(sample)
    return primary_tag(guessed) if probability >= _CERTAIN else None


def _sample(text: str) -> str:
    if len(text) <= _FROM_THE_START + _FROM_THE_MIDDLE:
        return text
    middle = max(_FROM_THE_START, len(text) // 2)
    return f"{text[:_FROM_THE_START]}\n{text[middle : middle + _FROM_THE_MIDDLE]}"


@cache
def _identifier() -> _Identifier:
    # With numpy it takes a good half second, which a file that states its language need not wait for.
    from py3langid import langid  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships without types

    return cast("_Identifier", langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True))
