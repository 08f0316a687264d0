"""Is the language of a text told where it is certain, and left open where it is not?"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.adapters.parsers.language import language_of

SECONDS = 1.0
TEXTS = {
    "en": "All human beings are born free and equal in dignity and rights.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах.",  # noqa: RUF001  # Cyrillic
    "ja": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。" * 2,
    "ar": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا.",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items(), ids=TEXTS.keys())
def test_the_language_of_a_sentence_is_told(language: str, text: str) -> None:
    """One sentence is enough."""
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Too short to tell.",
        "4.5 | 3.2 | 99 | 1,200\n" * 200,
        "Total | Net | 4.5\nA1 | B7 | 3.2\n" * 50,
        "qwer zxcv uiop hjkl " * 10,
    ],
    ids=["nothing", "short", "numbers", "table", "no words"],
)
def test_what_is_short_or_no_prose_has_no_language(text: str) -> None:
    """A guess that may well be wrong is none."""
    assert language_of(text) is None


def test_a_long_text_costs_no_more_than_its_sample() -> None:
    """Of millions of characters only the beginning and the middle are looked at."""
    text = TEXTS["en"] * 50_000
    language_of(text)
    began = time.perf_counter()
    assert language_of(text) == "en"
    assert time.perf_counter() - began < SECONDS


def test_threads_may_ask_at_the_same_time() -> None:
    """Whoever comes first loads the model; the others wait for it."""
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(language_of, TEXTS.values())) == list(TEXTS)
