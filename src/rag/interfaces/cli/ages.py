"""How is a span of time typed?"""

import re
from datetime import timedelta
from typing import Annotated, Final

import typer

Since = Annotated[
    str | None,
    typer.Option("--since", metavar="AGE", help="Only what was rated within this time, such as 12h or 7d."),
]

_AGE: Final = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def age_of(text: str | None) -> timedelta | None:
    """This will read minutes, hours, days or weeks, or give None for None.

    >>> age_of("7d"), age_of("90m")
    (datetime.timedelta(days=7), datetime.timedelta(seconds=5400))

    Raises:
        typer.BadParameter: it is not a number with a unit.
    """
    if text is None:
        return None
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time: write 30m, 12h, 7d or 4w.", param_hint="--since")
    return int(found[1]) * _UNITS[found[2]]
