"""How an entry is shown whose ranking an earlier release did not write down."""

from dataclasses import replace

from rag.interfaces.cli.commands.replay import _ranking
from rag.interfaces.cli.live_shapes import record_shape
from tests.support.entries import entry


def test_an_unknown_ranking_is_shown_as_such() -> None:
    """No figures are made up for it."""
    old = replace(entry(), ranking=None)
    assert _ranking(old) == "not known"
    assert record_shape(old)["ranking"] is None
