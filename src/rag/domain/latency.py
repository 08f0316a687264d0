"""How long did the stages of answers take, usually and at worst?"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil


def stage_latency(answers: Iterable[tuple[Mapping[str, float], float]]) -> dict[str, tuple[float, float]]:
    """Give each stage's median and 95th percentile in milliseconds; `total` is the whole answer.

    `answers` pairs the milliseconds of an answer's stages with those of all of it.

    >>> stage_latency([({"embed": 4.0}, 9.0), ({}, 5.0)])
    {'embed': (4.0, 4.0), 'total': (5.0, 9.0)}
    """
    spent: dict[str, list[float]] = {}
    totals: list[float] = []
    for timings_ms, latency_ms in answers:
        for stage, took in timings_ms.items():
            spent.setdefault(stage, []).append(took)
        totals.append(latency_ms)
    if totals:
        spent["total"] = totals
    return {stage: (_percentile(of, 0.5), _percentile(of, 0.95)) for stage, of in spent.items()}


def _percentile(values: Sequence[float], share: float) -> float:
    """Give the nearest rank: the least value that this share of the values does not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
