"""Which texts show a network what it will meet, and which ones check that it learned nothing by heart?"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

CALIBRATION_TEXTS: Final = 64
_HELD_OUT_LONG: Final = 4


def calibration_texts() -> tuple[str, ...]:
    """This will give CALIBRATION_TEXTS texts, from two words to several hundred."""
    lines = _lines("calibration.txt")
    return (*lines, *_long(lines, count=CALIBRATION_TEXTS - len(lines)))


def held_out_texts() -> tuple[str, ...]:
    """This will give texts that share no sentence with the calibration texts."""
    lines = _lines("held_out.txt")
    return (*lines, *_long(lines, count=_HELD_OUT_LONG))


def _lines(name: str) -> tuple[str, ...]:
    package = __name__.rpartition(".")[0]
    text = (files(package) / name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


def _long(lines: Sequence[str], *, count: int) -> tuple[str, ...]:
    """Join lines that stand apart into texts of 4 to 9 lines, about as long as a window or longer."""
    return tuple(
        " ".join(lines[(7 * n + 5 * k) % len(lines)] for k in range(4 + n % 6)) for n in range(count)
    )
