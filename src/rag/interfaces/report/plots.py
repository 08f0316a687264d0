"""How is a figure with its interval drawn, so that it can be read without colour and without a mouse?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from rag.interfaces.report.markup import Html, element, joined
from rag.interfaces.report.wording import MINUS, milliseconds

ROW: Final = 24
AXIS: Final = 26
TOP: Final = 6
DOT: Final = 5
BAR: Final = 12
GAP: Final = 8
LEAST_REACH: Final = 0.05  # a plot of differences that are all tiny must not make them look large
STEPS: Final = (1, 2, 5, 10)
ALMOST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of a plot: a value with its interval.

    Attributes:
        written: the value as it stands at the row's end.
        tone: the class that colours it: `all`, `kind`, `better`, `worse` or `same`.
    """

    label: str
    value: float
    low: float
    high: float
    written: str
    tone: str = "all"


@dataclass(frozen=True, slots=True)
class Frame:
    """The space of a plot, in pixels of the picture, and the values at its two ends."""

    width: int
    label_width: int
    value_width: int
    low: float
    high: float
    ticks: tuple[float, ...]

    def x(self, value: float) -> float:
        """This will give the place of a value; what lies outside is drawn at the edge."""
        inside = min(max(value, self.low), self.high)
        left, right = self.label_width + GAP, self.width - self.value_width - GAP
        return round(left + (right - left) * (inside - self.low) / (self.high - self.low), 1)


def scores_plot(title: str, marks: Sequence[Mark], *, description: str) -> Html:
    """This will draw scores from 0 to 1, a row each, as dots with their intervals."""
    frame = Frame(360, 116, 44, 0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
    return _whiskers(frame, marks, title=title, description=description)


def differences_plot(title: str, marks: Sequence[Mark], *, description: str) -> Html:
    """This will draw differences around a line at zero, a row each, as dots with their intervals."""
    reach = max([LEAST_REACH, *(abs(edge) for mark in marks for edge in (mark.low, mark.high, mark.value))])
    step = _step(reach / 2)
    reach = step * ceil(reach / step - ALMOST)
    frame = Frame(400, 126, 50, -reach, reach, _ticks(-reach, reach, step))
    return _whiskers(frame, marks, title=title, description=description)


def latency_plot(title: str, stages: Mapping[str, tuple[float, float]], *, description: str) -> Html:
    """This will draw the median of each stage as a bar, and its 95th percentile as a paler one behind it."""
    longest = max([1.0, *(p95 for _, p95 in stages.values())])
    step = _step(longest / 4)
    end = step * ceil(longest / step - ALMOST)
    frame = Frame(400, 64, 128, 0.0, end, _ticks(0.0, end, step))
    rows = [_stage(frame, place, name, spent) for place, (name, spent) in enumerate(stages.items())]
    return _plot(frame, rows, title=title, description=description)


def _whiskers(frame: Frame, marks: Sequence[Mark], *, title: str, description: str) -> Html:
    rows = [_whisker(frame, place, mark) for place, mark in enumerate(marks)]
    return _plot(frame, rows, title=title, description=description)


def _whisker(frame: Frame, place: int, mark: Mark) -> Html:
    y = TOP + ROW * place + ROW / 2
    low, high = frame.x(mark.low), frame.x(mark.high)
    ends = [element("line", x1=x, x2=x, y1=y - 4, y2=y + 4) for x in (low, high)]
    return element(
        "g",
        _label(frame, y, mark.label),
        element("line", x1=low, x2=high, y1=y, y2=y),
        *ends,
        element("circle", cx=frame.x(mark.value), cy=y, r=DOT),
        _written(frame, y, mark.written),
        class_=f"mark {mark.tone}",
    )


def _stage(frame: Frame, place: int, name: str, spent: tuple[float, float]) -> Html:
    y = TOP + ROW * place + ROW / 2
    left = frame.x(0.0)
    bars = [
        element("rect", x=left, y=y - BAR / 2, width=frame.x(end) - left, height=BAR, rx=2, class_=tone)
        for end, tone in zip(reversed(spent), ("p95", "p50"), strict=True)
    ]
    median, p95 = spent
    return element(
        "g",
        _label(frame, y, name),
        *bars,
        _written(frame, y, f"{milliseconds(median)} / {milliseconds(p95)}"),
        class_="total" if name == "total" else None,
    )


def _plot(frame: Frame, rows: Sequence[Html], *, title: str, description: str) -> Html:
    height = TOP + ROW * len(rows) + AXIS
    slug = re.sub(r"[^a-z0-9]+", "-", f"plot {title}".lower()).strip("-")
    return element(
        "svg",
        element("title", title, id=f"{slug}-title"),
        element("desc", description, id=f"{slug}-desc"),
        _grid(frame, bottom=height - AXIS),
        joined(rows),
        viewBox=f"0 0 {frame.width} {height}",
        role="img",
        aria_labelledby=f"{slug}-title {slug}-desc",
        style=f"max-width: {round(frame.width * 1.35)}px",
    )


def _grid(frame: Frame, *, bottom: float) -> Html:
    lines = []
    for tick in frame.ticks:
        x = frame.x(tick)
        zero = frame.low < 0 and tick == 0
        lines.append(element("line", x1=x, x2=x, y1=TOP, y2=bottom, class_="zero" if zero else "grid"))
        lines.append(
            element(
                "text",
                f"{tick:g}".replace("-", MINUS),
                x=x,
                y=bottom + 17,
                text_anchor="middle",
                class_="tick",
            )
        )
    return joined(lines)


def _label(frame: Frame, y: float, words: str) -> Html:
    return element("text", words, x=frame.label_width, y=y + 4, text_anchor="end")


def _written(frame: Frame, y: float, words: str) -> Html:
    return element("text", words, x=frame.width - 2, y=y + 4, text_anchor="end", class_="value")


def _step(least: float) -> float:
    """Give the first round distance between ticks that is not below `least`.

    >>> _step(0.18), _step(60)
    (0.2, 100.0)
    """
    unit = 10.0 ** floor(log10(least))
    return next(round(step * unit, 10) for step in STEPS if step * unit >= least - ALMOST)


def _ticks(low: float, high: float, step: float) -> tuple[float, ...]:
    first, last = round(low / step), round(high / step)
    return tuple(round(number * step, 10) for number in range(first, last + 1))
