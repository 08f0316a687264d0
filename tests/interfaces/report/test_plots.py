"""Plots show what the figures say."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from rag.interfaces.report.plots import Mark, differences_plot, latency_plot, scores_plot

scores = st.floats(0, 1)


@given(st.lists(st.tuples(scores, scores, scores), min_size=1, max_size=12))
def test_every_mark_is_within_the_picture(values: list[tuple[float, float, float]]) -> None:
    """Dots and intervals stand in order, and between the edges of the plot."""
    marks = [Mark("m", middle, low, high, "0") for low, middle, high in map(sorted, values)]
    picture = ET.fromstring(scores_plot("recall", marks, description="d"))  # noqa: S314 - our own
    groups = picture.findall("g")
    assert len(groups) == len(marks)
    for group in groups:
        lines, (dot,) = group.findall("line"), group.findall("circle")
        low, high, place = float(lines[0].get("x1", 0)), float(lines[0].get("x2", 0)), float(dot.get("cx", 0))
        assert 116 < low <= place <= high < 360


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=12))
def test_zero_is_in_the_middle_of_differences(values: list[tuple[float, float, float]]) -> None:
    """However large the differences are, the line at zero is as far from both ends."""
    marks = [Mark("m", middle, low, high, "0") for low, middle, high in map(sorted, values)]
    picture = ET.fromstring(differences_plot("d", marks, description="d"))  # noqa: S314 - our own
    lines = [line for line in picture.findall("line") if line.get("class") in {"grid", "zero"}]
    places = [float(line.get("x1", 0)) for line in lines]
    (zero,) = [float(line.get("x1", 0)) for line in lines if line.get("class") == "zero"]
    assert abs((places[0] + places[-1]) / 2 - zero) <= 0.1
    assert 3 <= len(places) <= 7


def test_tiny_differences_look_tiny() -> None:
    """A plot never stretches a hundredth over its whole width."""
    marks = [Mark("m", 0.001, -0.001, 0.002, "0")]
    picture = ET.fromstring(differences_plot("d", marks, description="d"))  # noqa: S314 - our own
    interval = picture.find("g/line")
    assert interval is not None
    assert float(interval.get("x2", 0)) - float(interval.get("x1", 0)) < 20


def test_the_bar_of_the_median_is_within_the_other() -> None:
    """Their widths are in proportion to the figures."""
    picture = ET.fromstring(  # noqa: S314 - our own
        latency_plot("t", {"embed": (10.0, 40.0), "total": (20.0, 80.0)}, description="d")
    )
    widths = [[float(bar.get("width", 0)) for bar in group.findall("rect")] for group in picture.findall("g")]
    for p95, median in widths:
        assert abs(p95 / median - 4) < 0.1
    assert abs(widths[1][0] / widths[0][0] - 2) < 0.05
