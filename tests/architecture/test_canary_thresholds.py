"""What the documentation tells people to alert on is met by a healthy service."""

import json
import re
from pathlib import Path
from statistics import fmean

from rag.domain.canary import canary_cases
from tests.architecture.test_golden_set import golden_set

ROOT = Path(__file__).parents[2]
PAGES = (
    "docs/runbook/low-retrieval-quality.md",
    "docs/how-to/watch-live-quality.md",
    "docs/reference/cli.md",
    "src/rag/interfaces/cli/commands/canary.py",
)
THRESHOLD = re.compile(r"--least (\d?\.\d+)|rag_canary_recall[^<\n]*< (\d?\.\d+)")


def thresholds(page: str) -> list[float]:
    """Give every lowest recall that a page names."""
    found = THRESHOLD.findall((ROOT / page).read_text(encoding="utf-8"))
    return [float(least or alert) for least, alert in found]


def test_every_documented_threshold_is_below_what_the_canary_finds() -> None:
    """The recall at 5 that the baseline has for the canary's own questions is above each of them."""
    baseline = json.loads((ROOT / "data" / "eval" / "baseline.json").read_text(encoding="utf-8"))
    asked = [case.id for case in canary_cases(golden_set())]
    recall = fmean(baseline["scores"][case]["recall@5"] for case in asked)
    named = {page: thresholds(page) for page in PAGES}
    assert all(named.values()), "a page names no threshold any more"
    assert {page: max(each) < recall for page, each in named.items()} == dict.fromkeys(PAGES, True)
