"""Every metric that the documents name is exported, and every exported one is documented."""

import re
from pathlib import Path

from rag.adapters.prometheus import PrometheusTelemetry

ROOT = Path(__file__).parents[2]
METRIC = re.compile(r"\brag_[a-z_]+\b")
NAMED_IN = ("docs/runbook", "docs/how-to", "docs/tutorial", "docs/explanation", "monitoring")


def exported() -> set[str]:
    """Give the names that a scrape would show."""
    text, _ = PrometheusTelemetry(version="0").exposition()
    return set(re.findall(r"^(rag_[a-z_]+)", text.decode(), flags=re.MULTILINE))


def unknown_names(text: str, known: set[str]) -> set[str]:
    """Give the metrics that `text` names in code and nobody exports."""
    quoted = " ".join(re.findall(r"`[^`]*`|```.*?```", text, flags=re.DOTALL))
    bases = known | {name.removesuffix("_bucket").removesuffix("_total") for name in known}
    return {name for name in METRIC.findall(quoted) if name not in bases}


def test_every_metric_that_is_named_is_exported() -> None:
    """A page or an alert on a metric that does not exist would stay silent for ever."""
    known = exported()
    for folder in NAMED_IN:
        for page in (ROOT / folder).rglob("*.*"):
            assert unknown_names(page.read_text(encoding="utf-8"), known) == set(), page


def test_every_exported_metric_is_documented() -> None:
    """Nobody has to guess what a number means."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    for metric in PrometheusTelemetry(version="0").registry.collect():
        assert f"| `{metric.name}" in page


def test_a_metric_that_does_not_exist_is_found() -> None:
    """The rule can fail."""
    assert unknown_names("Look at `rate(rag_made_up_total[5m])`.", exported()) == {"rag_made_up_total"}
